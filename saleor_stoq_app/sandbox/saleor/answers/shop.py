"""Answers about the shop and its channels."""

from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, Refusal, answers
from saleor_stoq_app.sandbox.saleor.ids import global_id, key_of
from saleor_stoq_app.sandbox.saleor.rows import Channel

RESOLVERS.update(
    {
        "Query.shop": lambda _, asking: asking.shop,
        "Shop.domain": lambda shop, _: shop,
        "Shop.version": lambda shop, _: str(shop.version),
        "Shop.schemaVersion": lambda shop, _: shop.version.schema,
        "Shop.useLegacyShippingZoneStockAvailability": lambda shop, _: shop.stock_mode == "legacy",
        "Shop.limitQuantityPerCheckout": lambda shop, _: shop.limit_per_checkout,
        "Domain.host": lambda shop, _: shop.domain,
        "Domain.url": lambda shop, _: shop.origin + "/",
        "Domain.sslEnabled": lambda shop, _: shop.origin.startswith("https"),
        "Channel.id": lambda channel, _: global_id("Channel", channel.key),
        "Channel.defaultCountry": lambda channel, _: channel.country,
        "CountryDisplay.code": lambda country, _: country[0],
        "CountryDisplay.country": lambda country, _: country[1],
        "MetadataItem.key": lambda item, _: item[0],
        "MetadataItem.value": lambda item, _: item[1],
    }
)


@answers("Query.channels")
def channels(_root: object, asking: Asking) -> list[Channel]:
    return sorted(asking.shop.channels.values(), key=lambda channel: channel.slug)


@answers("Query.channel")
def channel(_root: object, asking: Asking, **by: str | None) -> Channel | None:
    """By id or slug; an inactive one only for apps."""
    if not by.get("id") and not by.get("slug"):
        raise Refusal("At least one of arguments is required: 'id', 'slug'.")
    key = key_of(given, "Channel") if (given := by.get("id")) else None
    for found in asking.shop.channels.values():
        if str(found.key) == key or found.slug == by.get("slug"):
            return found if found.is_active or asking.app else None
    return None
