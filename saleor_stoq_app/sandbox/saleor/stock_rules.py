"""Which stock events a change fires, right and wrong ones alike (saleor.md sections 6.1 and 6.3). Pure."""

from collections.abc import Iterable, Iterator, Sequence

from saleor_stoq_app.sandbox.saleor.events import (
    BACK,
    FOR_CLICK_AND_COLLECT,
    IN_CHANNEL,
    OUT,
    Event,
)
from saleor_stoq_app.sandbox.saleor.rows import Channel, Stock
from saleor_stoq_app.sandbox.saleor.versions import CHANNEL_EVENTS, Version


def about(name: str, stock: Stock) -> Event:
    return Event(name, variant=stock.variant, warehouse=stock.warehouse)


def crossing(before: int, after: int) -> str | None:
    """BACK or OUT where what is available crosses zero."""
    if before <= 0 < after:
        return BACK
    return OUT if before > 0 >= after else None


def saved(version: Version, stock: Stock, quantity: int, *, created: bool) -> str | None:
    """What productVariantStocksUpdate says of one row about to be set to `quantity`.

    Before 3.23 it looked at the new quantity instead of what is left of it, said BACK for every new row,
    and OUT on every save that left nothing (saleor.md section 2).
    """
    before, after = stock.available, quantity - stock.quantity_allocated
    if version >= CHANNEL_EVENTS:
        return crossing(before, after)
    if created or before <= 0 < quantity:
        return BACK
    return OUT if after <= 0 else None


def misattributed(name: str, hits: Sequence[Stock], seen: Sequence[Stock]) -> list[Event]:
    """As many events as rows were hit, all about the last row seen: Saleor's callback bug (section 6.3)."""
    return [about(name, seen[-1]) for _ in hits]


def in_channels(name: str, sources: Sequence[Stock], channels: Iterable[Channel]) -> Iterator[Event]:
    """Channel events: one per variant and channel where no other warehouse of the same kind has stock."""
    told: set[tuple[int, str, bool]] = set()
    places = list(channels)
    for collects in (True, False):
        group = [stock for stock in sources if stock.warehouse.collects is collects]
        for stock in group:
            for channel in places:
                key = (stock.variant.key, channel.slug, collects)
                if (
                    key not in told
                    and stock.warehouse in channel.warehouses
                    and _alone(stock, group, channel)
                ):
                    told.add(key)
                    suffix = FOR_CLICK_AND_COLLECT if collects else IN_CHANNEL
                    yield Event(name + suffix, variant=stock.variant, channel=channel)


def _alone(stock: Stock, group: Sequence[Stock], channel: Channel) -> bool:
    return not any(
        other.available > 0
        for other in stock.variant.stocks.values()
        if other not in group
        and other.warehouse is not stock.warehouse
        and other.warehouse.collects is stock.warehouse.collects
        and other.warehouse in channel.warehouses
    )
