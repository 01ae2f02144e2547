"""Answers about products: publication, pictures, attributes."""

from dataclasses import dataclass
from datetime import datetime

from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, InChannel, answers
from saleor_stoq_app.sandbox.saleor.ids import global_id
from saleor_stoq_app.sandbox.saleor.rows import Media, ProductListing

SIZES = (32, 64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True, slots=True)
class Image:
    """A thumbnail's address."""

    url: str
    alt: str


RESOLVERS.update(
    {
        "Product.channel": lambda node, _: node.channel and node.channel.slug,
        "Product.channelListings": lambda node, _: [
            node.row.listings[slug] for slug in sorted(node.row.listings)
        ],
        "ProductChannelListing.id": lambda listing, _: global_id("ProductChannelListing", listing.key),
        "ProductChannelListing.isAvailableForPurchase": lambda listing, asking: listing.for_sale(asking.now),
        "ProductMedia.id": lambda media, _: global_id("ProductMedia", media.key),
        "SelectedAttribute.attribute": lambda attribute, _: attribute,
        "SelectedAttribute.values": lambda attribute, _: attribute.values,
        "Attribute.id": lambda attribute, _: global_id("Attribute", attribute.key),
        "AttributeValue.id": lambda value, _: global_id("AttributeValue", sum(value.encode())),
        "AttributeValue.name": lambda value, _: value,
        "AttributeValue.slug": lambda value, _: "-".join(value.lower().split()),
    }
)


@answers("Product.isAvailableForPurchase")
def is_available_for_purchase(node: InChannel, asking: Asking) -> bool | None:
    listing = _listing(node)
    return listing.for_sale(asking.now) if listing else None


@answers("Product.availableForPurchaseAt")
def available_for_purchase_at(node: InChannel, _asking: Asking) -> datetime | None:
    listing = _listing(node)
    return listing.available_for_purchase_at if listing else None


@answers("Product.thumbnail")
def thumbnail(node: InChannel, asking: Asking, size: int = 256, **format_: str) -> Image | None:
    for media in node.row.media[:1]:
        return Image(_address(media, asking, size, format_.get("format", "ORIGINAL")), media.alt)
    return None


@answers("ProductMedia.url")
def media_url(media: Media, asking: Asking, size: int = 4096, **format_: str) -> str:
    return _address(media, asking, size, format_.get("format", "ORIGINAL"))


def _address(media: Media, asking: Asking, size: int, form: str) -> str:
    """The picture itself where the demo gave one, else the address that generates a thumbnail."""
    if media.url:
        return media.url
    nearest = min(SIZES, key=lambda known: abs(known - size))
    suffix = "" if form == "ORIGINAL" else f"{form.lower()}/"
    return f"{asking.shop.origin}/thumbnail/{global_id('ProductMedia', media.key)}/{nearest}/{suffix}"


def _listing(node: InChannel) -> ProductListing | None:
    return node.row.listings.get(node.channel.slug) if node.channel else None
