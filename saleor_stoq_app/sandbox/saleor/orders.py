"""What orders do to stock, with the events that Saleor sends and those that it gets wrong."""

from collections.abc import Mapping
from uuid import uuid4

from saleor_stoq_app.sandbox.saleor.allocation import allocate, release, require, ship, stocks_of, unship
from saleor_stoq_app.sandbox.saleor.events import BACK, OUT, Event
from saleor_stoq_app.sandbox.saleor.rows import Allocation, Order, OrderLine, Shopper
from saleor_stoq_app.sandbox.saleor.shop import DEFAULT_CHANNEL
from saleor_stoq_app.sandbox.saleor.stock_rules import about, crossing, misattributed
from saleor_stoq_app.sandbox.saleor.telling import Telling

Lines = Mapping[str, int]
"""Quantities by variant id, in the order of the lines."""
NOBODY = Shopper()


class Orders(Telling):
    """Checkouts, drafts, cancels and fulfilments of one shop."""

    def checkout(
        self, lines: Lines, *, channel: str = DEFAULT_CHANNEL, shopper: Shopper = NOBODY, paid: bool = False
    ) -> Order:
        """`checkoutComplete`: OUT once per sold-out row, but always about the last line (a bug)."""
        order = self._new(lines, channel, shopper)
        held = self._allocate(order)
        sold_out = [stock for stock in stocks_of(held) if stock.available <= 0]
        self.tell(*misattributed(OUT, sold_out, stocks_of(held)))
        self.tell_channels(OUT, sold_out)
        self._placed(order, paid=paid)
        return order

    def draft(self, lines: Lines, *, channel: str = DEFAULT_CHANNEL, shopper: Shopper = NOBODY) -> Order:
        """`draftOrderCreate`: stock is untouched."""
        order = self._new(lines, channel, shopper)
        order.status = "DRAFT"
        self._shop.orders[order.key] = order
        self.tell(Event("DRAFT_ORDER_CREATED", order=order))
        return order

    def complete(self, order: Order, *, paid: bool = False) -> None:
        """`draftOrderComplete`: allocates line by line, so that OUT names the right variants."""
        require(self._shop, order.channel, order.lines)
        order.status = "UNFULFILLED"
        for line in order.lines:
            held = allocate(self._shop, order.channel, line)
            sold_out = [stock for stock in stocks_of(held) if stock.available <= 0]
            self.tell(*(about(OUT, stock) for stock in sold_out))
            self.tell_channels(OUT, sold_out)
        self._placed(order, paid=paid)

    def cancel(self, order: Order) -> None:
        """`orderCancel`: BACK once per row that was sold out, always about the last row of the order."""
        self._deallocate(order)
        order.status = "CANCELED"
        self.tell(Event("ORDER_CANCELLED", order=order), Event("ORDER_UPDATED", order=order))

    def expire(self, order: Order) -> None:
        """Expire an unpaid order: stock is handled by the same function as for a cancel."""
        self._deallocate(order)
        order.status = "EXPIRED"
        self.tell(Event("ORDER_EXPIRED", order=order), Event("ORDER_UPDATED", order=order))

    def fulfil(self, order: Order) -> None:
        """`orderFulfill`: what was sold out says BACK (false), then OUT; in channels it says BACK alone."""
        held = _held(order)
        stocks = stocks_of(held)
        back = [a.stock for a in held if crossing(a.stock.available, a.stock.available + a.quantity) == BACK]
        ship(held)
        self.tell(*misattributed(BACK, back, stocks))
        self.tell_channels(BACK, back)
        self.tell(*misattributed(OUT, [stock for stock in stocks if stock.available <= 0], stocks))
        order.status = "FULFILLED"
        for name in ("FULFILLMENT_CREATED", "ORDER_FULFILLED", "ORDER_UPDATED"):
            self.tell(Event(name, order=order))

    def cancel_fulfilment(self, order: Order) -> None:
        """`orderFulfillmentCancel` with restock: units return as allocated, so nothing is available."""
        unship([allocation for line in order.lines for allocation in line.allocations])
        order.status = "UNFULFILLED"
        self.tell(Event("FULFILLMENT_CANCELED", order=order), Event("ORDER_UPDATED", order=order))

    def return_products(self, order: Order) -> None:
        """`orderFulfillmentReturnProducts`: does not restock."""
        self.tell(Event("ORDER_UPDATED", order=order))

    def change_line(self, order: Order, variant_id: str, quantity: int) -> None:
        """Change or (with 0) delete a line of an unconfirmed order."""
        line = next(line for line in order.lines if line.variant.id == variant_id)
        before = {stock: stock.available for stock in line.variant.stocks.values()}
        wanted = OrderLine(line.key, line.variant, max(0, quantity - line.quantity))
        require(self._shop, order.channel, [wanted])
        release(line.allocations)
        line.quantity, line.allocations = quantity, []
        allocate(self._shop, order.channel, line)
        order.lines = [kept for kept in order.lines if kept.quantity]
        for stock, was in before.items():
            if name := crossing(was, stock.available):
                self.tell(about(name, stock))
                self.tell_channels(name, [stock])
        self.tell(Event("ORDER_UPDATED", order=order))

    def bulk_create(
        self, lines: Lines, *, channel: str = DEFAULT_CHANNEL, shopper: Shopper = NOBODY
    ) -> Order:
        """`orderBulkCreate`, an import: ORDER_BULK_CREATED and nothing else."""
        order = self._new(lines, channel, shopper)
        self._allocate(order)
        self.tell(Event("ORDER_BULK_CREATED", order=order))
        return order

    def _new(self, lines: Lines, channel: str, shopper: Shopper) -> Order:
        rows = [OrderLine(str(uuid4()), self._shop.variant(key), units) for key, units in lines.items()]
        number = len(self._shop.orders) + 1
        return Order(str(uuid4()), number, self._shop.channels[channel], self._shop.now(), rows, shopper)

    def _allocate(self, order: Order) -> list[Allocation]:
        require(self._shop, order.channel, order.lines)
        self._shop.orders[order.key] = order
        return [held for line in order.lines for held in allocate(self._shop, order.channel, line)]

    def _placed(self, order: Order, *, paid: bool) -> None:
        order.is_paid = paid
        names = ["ORDER_CREATED", *(["ORDER_FULLY_PAID", "ORDER_UPDATED"] if paid else []), "ORDER_CONFIRMED"]
        self.tell(*(Event(name, order=order) for name in names))

    def _deallocate(self, order: Order) -> None:
        """Saleor does not ask whether anything is available afterwards."""
        held = _held(order)
        sold_out = [stock for stock in stocks_of(held) if stock.available <= 0]
        release(held)
        self.tell(*misattributed(BACK, sold_out, stocks_of(held)))
        self.tell_channels(BACK, sold_out)


def _held(order: Order) -> list[Allocation]:
    return [allocation for line in order.lines for allocation in line.allocations if allocation.quantity]
