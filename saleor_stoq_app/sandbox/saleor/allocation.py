"""How order lines take units from stock rows and give them back. No events here."""

from collections.abc import Sequence

from saleor_stoq_app.sandbox.saleor.availability import reachable
from saleor_stoq_app.sandbox.saleor.rows import Allocation, Channel, OrderLine, Stock
from saleor_stoq_app.sandbox.saleor.shop import Shop


class InsufficientStock(Exception):
    """Saleor refuses the order: less is left than a line wants."""

    def __init__(self, line: OrderLine) -> None:
        super().__init__(f"Insufficient product stock for {line.variant.sku}: {line.quantity} wanted.")


def require(shop: Shop, channel: Channel, lines: Sequence[OrderLine]) -> None:
    """Check that every line can be had.

    Raises:
        InsufficientStock: one cannot.
    """
    for line in lines:
        if (
            _counted(shop, line)
            and sum(_left(shop, stock) for stock in _rows(shop, channel, line)) < line.quantity
        ):
            raise InsufficientStock(line)


def allocate(shop: Shop, channel: Channel, line: OrderLine) -> list[Allocation]:
    """Take the line's units, the fullest row first; preorders and untracked variants take none."""
    if line.variant.preorder is not None and line.variant.preorder.active_at(shop.now()):
        line.variant.preorder.global_sold_units += line.quantity
    if not _counted(shop, line):
        return []
    wanted = line.quantity
    for stock in _rows(shop, channel, line):
        if taken := min(wanted, _left(shop, stock)):
            stock.quantity_allocated += taken
            wanted -= taken
            line.allocations.append(Allocation(stock, taken))
    return line.allocations


def release(allocations: Sequence[Allocation]) -> None:
    """Give the units back to their rows; the allocations stay, with nothing."""
    for allocation in allocations:
        allocation.stock.quantity_allocated -= allocation.quantity
        allocation.quantity = 0


def ship(allocations: Sequence[Allocation]) -> None:
    """Move allocated units out of the house."""
    for allocation in allocations:
        allocation.shipped = allocation.quantity
        allocation.stock.quantity -= allocation.quantity
    release(allocations)


def unship(allocations: Sequence[Allocation]) -> None:
    """Put shipped units back, allocated as they were."""
    for allocation in allocations:
        allocation.stock.quantity += allocation.shipped
        allocation.stock.quantity_allocated += allocation.shipped
        allocation.quantity, allocation.shipped = allocation.shipped, 0


def stocks_of(allocations: Sequence[Allocation]) -> list[Stock]:
    return [allocation.stock for allocation in allocations]


def _counted(shop: Shop, line: OrderLine) -> bool:
    return line.variant.track_inventory and not line.variant.preordered(shop.now())


def _left(shop: Shop, stock: Stock) -> int:
    return max(0, stock.free(shop.now()))


def _rows(shop: Shop, channel: Channel, line: OrderLine) -> list[Stock]:
    return sorted(reachable(shop, line.variant, channel), key=lambda stock: stock.available, reverse=True)
