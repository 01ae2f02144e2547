"""The rows of a Saleor shop, as far as stock, prices and orders need them."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from saleor_stoq_app.sandbox.saleor.ids import global_id

ClickAndCollect = Literal["DISABLED", "LOCAL", "ALL"]


@dataclass(eq=False, slots=True)
class Warehouse:
    """A place where stock lies; `zone` is its shipping zone ("" for none)."""

    key: str
    slug: str
    name: str
    zone: str = ""
    click_and_collect_option: ClickAndCollect = "DISABLED"

    @property
    def collects(self) -> bool:
        return self.click_and_collect_option != "DISABLED"


@dataclass(eq=False, slots=True)
class Channel:
    """A sales channel with the warehouses and shipping zones that serve it."""

    key: int
    slug: str
    name: str
    currency_code: str
    country: tuple[str, str]
    is_active: bool = True
    warehouses: list[Warehouse] = field(default_factory=list)
    zones: set[str] = field(default_factory=set)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Units that an open checkout holds until a moment."""

    quantity: int
    until: datetime


@dataclass(eq=False, slots=True)
class Stock:
    """One variant in one warehouse."""

    key: int
    variant: "Variant"
    warehouse: Warehouse
    quantity: int
    quantity_allocated: int = 0
    reservations: list[Reservation] = field(default_factory=list)

    @property
    def available(self) -> int:
        return self.quantity - self.quantity_allocated

    def reserved(self, now: datetime) -> int:
        return sum(held.quantity for held in self.reservations if held.until > now)

    def free(self, now: datetime) -> int:
        """What can be sold now: oversold stock stays negative, reservations never make it so."""
        left = self.available - self.reserved(now)
        return max(0, left) if self.available > 0 else left


@dataclass(eq=False, slots=True)
class Media:
    """A picture or video of a product; `url` stands in for the thumbnail address where given."""

    key: int
    type: Literal["IMAGE", "VIDEO"] = "IMAGE"
    alt: str = ""
    url: str = ""


@dataclass(eq=False, slots=True)
class ProductListing:
    """How a product shows in one channel; no purchase date means it cannot be bought."""

    key: int
    channel: Channel
    is_published: bool = True
    published_at: datetime | None = None
    available_for_purchase_at: datetime | None = None
    visible_in_listings: bool = True

    def shows(self, now: datetime) -> bool:
        return self.is_published and (self.published_at is None or self.published_at <= now)

    def for_sale(self, now: datetime) -> bool:
        return self.available_for_purchase_at is not None and self.available_for_purchase_at <= now


@dataclass(eq=False, slots=True)
class Attribute:
    """An attribute of a product with its values."""

    key: int
    slug: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.slug.replace("-", " ").capitalize()


@dataclass(eq=False, slots=True)
class Product:
    """A product; listings by channel slug."""

    key: int
    name: str
    slug: str
    variants: list["Variant"] = field(default_factory=list)
    listings: dict[str, ProductListing] = field(default_factory=dict)
    media: list[Media] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)

    @property
    def id(self) -> str:
        return global_id("Product", self.key)


@dataclass(eq=False, slots=True)
class VariantListing:
    """The price of a variant in one channel; None is a listing without a price."""

    key: int
    channel: Channel
    price: Decimal | None


@dataclass(eq=False, slots=True)
class Preorder:
    """Saleor's own preorder, which 3.24 removes; no threshold means no limit."""

    global_threshold: int | None
    end_date: datetime | None
    global_sold_units: int = 0

    def active_at(self, now: datetime) -> bool:
        return self.end_date is None or now <= self.end_date


@dataclass(eq=False, slots=True)
class Variant:
    """What a shopper buys; listings by channel slug, stocks by warehouse slug."""

    key: int
    product: Product
    name: str
    sku: str
    position: int
    track_inventory: bool = True
    listings: dict[str, VariantListing] = field(default_factory=dict)
    stocks: dict[str, Stock] = field(default_factory=dict)
    media: list[Media] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    preorder: Preorder | None = None

    @property
    def id(self) -> str:
        return global_id("ProductVariant", self.key)

    def preordered(self, now: datetime) -> bool:
        return self.preorder is not None and self.preorder.active_at(now)


@dataclass(eq=False, slots=True)
class Allocation:
    """Units of one stock row that an order line holds, and those that were shipped from it."""

    stock: Stock
    quantity: int
    shipped: int = 0


@dataclass(eq=False, slots=True)
class OrderLine:
    """One variant of an order."""

    key: str
    variant: Variant
    quantity: int
    allocations: list[Allocation] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who ordered; `country` is code and name."""

    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    country: tuple[str, str] = ("US", "United States of America")
    language: str = "EN"


@dataclass(eq=False, slots=True)
class Order:
    """An order of one channel."""

    key: str
    number: int
    channel: Channel
    created: datetime
    lines: list[OrderLine]
    shopper: Shopper
    status: str = "UNFULFILLED"
    is_paid: bool = False
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return global_id("Order", self.key)
