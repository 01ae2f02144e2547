"""Variants as Saleor describes them, sellable unless a test says otherwise."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from saleor_stoq_app.saleor.looks import Facts

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PAST, FUTURE = (NOW - timedelta(days=1)).isoformat(), (NOW + timedelta(days=1)).isoformat()
SELLABLE = Facts(units=5, published=True, purchasable=True, priced=True, preorder=False)
CHANNEL = "default-channel"


def variant_id(number: object) -> str:
    return b64encode(f"ProductVariant:{number}".encode()).decode()


ID = variant_id(402)


def listing(channel=CHANNEL, **changes):
    return {
        "channel": {"slug": channel, "isActive": True},
        "isPublished": True,
        "publishedAt": PAST,
        "isAvailableForPurchase": True,
        "availableForPurchaseAt": PAST,
    } | changes


def product(**changes):
    return {
        "name": "Shirt",
        "slug": "shirt",
        "thumbnail": None,
        "media": [],
        "channelListings": [listing()],
        "attributes": [],
    } | changes


def node(**changes):
    return {
        "id": ID,
        "name": "S",
        "sku": "SHIRT-S",
        "trackInventory": True,
        "quantityAvailable": 5,
        "preorderMark": None,
        "preorder": None,
        "pricing": {"price": {"gross": {"amount": 19.99, "currency": "USD"}}},
        "media": [],
        "product": product(),
    } | changes


def image(url, kind="IMAGE"):
    return {"type": kind, "url": url}
