"""Answers about events: the bodies of webhooks are made of these."""

from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, InChannel, answers
from saleor_stoq_app.sandbox.saleor.events import FOR_CLICK_AND_COLLECT, IN_CHANNEL, STOCK_UPDATED, Issued

RESOLVERS.update(
    {
        "Subscription.event": lambda issued, _: issued,
        "Event.issuedAt": lambda issued, _: issued.at,
        "Event.version": lambda _, asking: str(asking.shop.version),
        "Event.recipient": lambda issued, _: issued.recipient,
        "Event.app": lambda issued, _: issued.event.app,
        "Event.channel": lambda issued, _: issued.event.channel,
        "Event.warehouse": lambda issued, _: issued.event.warehouse,
        "Event.order": lambda issued, _: issued.event.order,
        "Event.orders": lambda issued, _: [issued.event.order],
        "Event.fulfillment": lambda issued, _: issued.event.order,
    }
)


@answers("Event.productVariant")
def product_variant(issued: Issued, asking: Asking, channel: str | None = None) -> InChannel:
    """STOCK_UPDATED ignores the channel that was asked for (saleor.md section 6.2)."""
    event = issued.event
    if event.name.endswith((IN_CHANNEL, FOR_CLICK_AND_COLLECT)):
        return InChannel(event.variant, event.channel)
    if event.name == STOCK_UPDATED:
        return InChannel(event.variant, None)
    return InChannel(event.variant, asking.shop.channels.get(channel or ""))


@answers("Event.product")
def product(issued: Issued, asking: Asking, channel: str | None = None) -> InChannel:
    return InChannel(issued.event.product, asking.shop.channels.get(channel or ""))
