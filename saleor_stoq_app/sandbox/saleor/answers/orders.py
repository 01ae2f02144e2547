"""Answers about orders."""

from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, InChannel, answers
from saleor_stoq_app.sandbox.saleor.ids import global_id, key_of
from saleor_stoq_app.sandbox.saleor.rows import Order

RESOLVERS.update(
    {
        "Order.number": lambda order, _: str(order.number),
        "Order.userEmail": lambda order, _: order.shopper.email,
        "Order.languageCodeEnum": lambda order, _: order.shopper.language,
        "Order.shippingAddress": lambda order, _: order.shopper,
        "Order.billingAddress": lambda order, _: order.shopper,
        "Order.user": lambda _order, _: None,
        "Order.metadata": lambda order, _: list(order.metadata.items()),
        "Order.metafield": lambda order, _, key: order.metadata.get(key),
        "Order.lines": lambda order, _: [InChannel(line, order.channel) for line in order.lines],
        "OrderLine.id": lambda node, _: global_id("OrderLine", node.row.key),
        "OrderLine.productName": lambda node, _: node.row.variant.product.name,
        "OrderLine.translatedProductName": lambda _node, _: "",
        "OrderLine.variantName": lambda node, _: node.row.variant.name,
        "OrderLine.productSku": lambda node, _: node.row.variant.sku,
        "OrderLine.metadata": lambda node, _: list(node.row.metadata.items()),
        "OrderLine.metafield": lambda node, _, key: node.row.metadata.get(key),
        "OrderLine.variant": lambda node, _: InChannel(node.row.variant, node.channel),
        "Allocation.warehouse": lambda allocation, _: allocation.stock.warehouse,
        "Fulfillment.id": lambda order, _: global_id("Fulfillment", order.number),
    }
)


@answers("Query.order")
def order(_root: object, asking: Asking, id: str | None = None) -> Order | None:  # noqa: A002 - Saleor's name
    key = key_of(id, "Order") if id else None
    return asking.shop.orders.get(key) if key else None
