"""What Saleor answers about a variant in a channel: units, and whether it shows (saleor.md section 6.2)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from saleor_stoq_app.sandbox.saleor.rows import Channel, Preorder, Stock, Variant
from saleor_stoq_app.sandbox.saleor.shop import Shop

SEES_ALL_PRODUCTS = {"MANAGE_PRODUCTS", "MANAGE_ORDERS", "MANAGE_DISCOUNTS"}


def quantity_available(shop: Shop, variant: Variant, channel: Channel | None) -> int | None:
    """Return the units for sale, capped by the shop's limit; None is untracked without a limit."""
    now = shop.now()
    if variant.preorder is not None and variant.preorder.active_at(now):
        return _capped(shop, _preorder_units(variant, variant.preorder))
    if not variant.track_inventory:
        return shop.limit_per_checkout
    counted = _highest_zone if shop.stock_mode == "legacy" else _whole_channel
    return _capped(shop, max(0, counted(variant, channel, now)))


def reachable(shop: Shop, variant: Variant, channel: Channel | None) -> list[Stock]:
    """The stock rows that count in the channel; every row where no channel is given."""
    if channel is None:
        return list(variant.stocks.values())
    places = _zones(variant, channel) if shop.stock_mode == "legacy" else None
    return [
        stock
        for stock in variant.stocks.values()
        if (stock.warehouse in channel.warehouses if places is None else stock in _flat(places.values()))
    ]


def listed(variant: Variant, channel: Channel | None, *, limited: bool) -> bool:
    """Whether a caller who sees all products gets it: by its product's listing, where a channel was asked."""
    return not limited or (channel is not None and channel.slug in variant.product.listings)


def shown(variant: Variant, channel: Channel | None, now: datetime, *, in_lists: bool) -> bool:
    """Whether an anonymous visitor gets it."""
    if channel is None or not channel.is_active:
        return False
    product = variant.product.listings.get(channel.slug)
    price = variant.listings.get(channel.slug)
    return (
        product is not None
        and product.shows(now)
        and (product.visible_in_listings or not in_lists)
        and price is not None
        and price.price is not None
    )


def _capped(shop: Shop, units: int | None) -> int | None:
    known = [number for number in (units, shop.limit_per_checkout) if number is not None]
    return min(known) if known else None


def _preorder_units(variant: Variant, preorder: Preorder) -> int | None:
    if preorder.global_threshold is None or not variant.listings:
        return None
    return preorder.global_threshold - preorder.global_sold_units


def _whole_channel(variant: Variant, channel: Channel | None, now: datetime) -> int:
    """Sum over the channel's warehouses; without a channel always 0."""
    if channel is None:
        return 0
    return sum(s.free(now) for s in variant.stocks.values() if s.warehouse in channel.warehouses)


def _highest_zone(variant: Variant, channel: Channel | None, now: datetime) -> int:
    """Return the highest of the zones, not their sum, unless a place to collect draws on all warehouses."""
    places = _zones(variant, channel)
    if any(
        not s.warehouse.zone and s.warehouse.click_and_collect_option == "ALL" for s in _flat(places.values())
    ):
        return sum(s.free(now) for s in _flat(places.values()))
    return max((sum(s.free(now) for s in stocks) for stocks in places.values()), default=0)


def _zones(variant: Variant, channel: Channel | None) -> dict[str, list[Stock]]:
    """Stock by shipping zone; a place to collect outside every zone is a zone of its own."""
    places: dict[str, list[Stock]] = defaultdict(list)
    for stock in variant.stocks.values():
        zone, slug = stock.warehouse.zone, stock.warehouse.slug
        if channel is None:
            if zone:
                places[zone].append(stock)
        elif stock.warehouse in channel.warehouses:
            if zone in channel.zones:
                places[zone].append(stock)
            elif stock.warehouse.collects:
                places[f"collect:{slug}"].append(stock)
    return places


def _flat(groups: Iterable[list[Stock]]) -> list[Stock]:
    return [stock for group in groups for stock in group]
