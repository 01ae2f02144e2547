"""What Saleor's words about a variant mean: facts that decide, and content for a message. Pure."""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

VARIANT = re.compile(rb"ProductVariant:[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a look saw of one variant in one channel; `units` None: inventory is not tracked."""

    units: int | None
    published: bool
    purchasable: bool
    priced: bool
    preorder: bool

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Facts":
        return cls(**kept)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


ABSENT = Facts(units=0, published=False, purchasable=False, priced=False, preorder=False)
"""A variant that the channel does not list: Saleor leaves it out, for staff too (saleor.md addendum)."""


@dataclass(frozen=True, slots=True)
class Content:
    """The words of a message about a variant."""

    product_title: str
    variant_title: str
    product_slug: str
    variant_id: str
    sku: str
    price: Decimal | None
    currency: str
    image_url: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """One variant in one channel, as Saleor tells it now."""

    facts: Facts
    content: Content | None


def is_variant_id(text: str) -> bool:
    """Whether Saleor can read the id; one malformed id makes it refuse the whole group (seen on 3.23.28)."""
    try:
        plain = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return False
    return VARIANT.fullmatch(plain) is not None and b64encode(plain).decode() == text


def parse(node: Mapping[str, Any], channel: str, now: datetime) -> Look:
    """Judge one variant as Saleor described it."""
    listing: Mapping[str, Any] = next(
        (it for it in node["product"]["channelListings"] or () if it["channel"]["slug"] == channel), {}
    )
    price = _price(node)
    facts = Facts(
        units=int(node["quantityAvailable"]) if _counted(node) else None,
        published=bool(listing.get("isPublished")) and _reached(listing.get("publishedAt"), now),
        purchasable=bool(listing.get("isAvailableForPurchase"))
        and _reached(listing.get("availableForPurchaseAt"), now),
        priced=price is not None,
        preorder=node["preorderMark"] is not None or node.get("preorder") is not None,
    )
    return Look(facts, _content(node, price))


def _counted(node: Mapping[str, Any]) -> bool:
    """Whether there are units to count; an untracked variant answers null or the checkout's limit."""
    return bool(node["trackInventory"]) and node["quantityAvailable"] is not None


def _reached(moment: str | None, now: datetime) -> bool:
    return moment is None or datetime.fromisoformat(moment) <= now


def _price(node: Mapping[str, Any]) -> Mapping[str, Any] | None:
    pricing = node["pricing"] or {}
    gross: Mapping[str, Any] | None = (pricing.get("price") or {}).get("gross")
    return gross


def _content(node: Mapping[str, Any], price: Mapping[str, Any] | None) -> Content:
    product = node["product"]
    return Content(
        product_title=_text(product["name"]),
        variant_title=_text(node["name"]),
        product_slug=_text(product["slug"]),
        variant_id=_text(node["id"]),
        sku=_text(node["sku"] or ""),
        price=None if price is None else Decimal(str(price["amount"])),
        currency="" if price is None else price["currency"],
        image_url=_image(node["media"])
        or _image(product["media"])
        or (product["thumbnail"] or {}).get("url", ""),
        attributes=_attributes(product["attributes"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("Saleor answered with something else than text.")
    return value


def _image(media: Sequence[Mapping[str, Any]] | None) -> str:
    return next((str(it["url"]) for it in media or () if it["type"] == "IMAGE"), "")


def _attributes(selected: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    names = {it["attribute"]["slug"]: [value["name"] for value in it["values"]] for it in selected}
    return {slug: ", ".join(name for name in given if name) for slug, given in names.items() if slug}
