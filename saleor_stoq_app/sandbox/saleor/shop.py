"""The state of one Saleor shop: its rows, its settings, and the ways to set them up without any event."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit
from uuid import uuid4

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.sandbox.saleor.ids import key_of
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from saleor_stoq_app.sandbox.saleor.rows import (
    Attribute,
    Channel,
    ClickAndCollect,
    Media,
    Order,
    Product,
    ProductListing,
    Stock,
    Variant,
    VariantListing,
    Warehouse,
)
from saleor_stoq_app.sandbox.saleor.versions import Version

DEFAULT_CHANNEL = "default-channel"
DEFAULT_WAREHOUSE = "default-warehouse"
StockMode = Literal["legacy", "new"]
Rows = int | Mapping[str, int]
"""Quantities by warehouse slug, or one for the default warehouse."""


@dataclass(slots=True)
class Shop:
    """Everything that a Saleor database would hold for this app."""

    clock: Clock
    api_url: str
    version: Version
    stock_mode: StockMode
    name: str = "Saleor e-commerce"
    limit_per_checkout: int | None = 50
    channels: dict[str, Channel] = field(default_factory=dict)
    warehouses: dict[str, Warehouse] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    variants: dict[int, Variant] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    apps: list[InstalledApp] = field(default_factory=list)
    made: Counter[str] = field(default_factory=lambda: Counter({"Product": 164, "ProductVariant": 401}))

    @property
    def origin(self) -> str:
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def domain(self) -> str:
        return urlsplit(self.api_url).netloc

    def now(self) -> datetime:
        return self.clock.now()

    def next_key(self, kind: str) -> int:
        """Count up the rows of a kind, as a database would."""
        self.made[kind] += 1
        return self.made[kind]

    def app_of(self, token: str) -> InstalledApp | None:
        """The app whose token this is, unless it is switched off or gone."""
        return next((app for app in self.apps if app.alive and token and app.token == token), None)

    def variant(self, variant_id: str) -> Variant:
        return self.variants[int(key_of(variant_id, "ProductVariant") or -1)]

    def product(self, product_id: str) -> Product:
        return self.products[int(key_of(product_id, "Product") or -1)]

    def add_channel(
        self,
        slug: str,
        *,
        currency: str = "USD",
        country: tuple[str, str] = ("US", "United States of America"),
    ) -> Channel:
        channel = Channel(
            self.next_key("Channel"), slug, slug.replace("-", " ").capitalize(), currency, country
        )
        self.channels[slug] = channel
        return channel

    def add_warehouse(
        self,
        slug: str,
        *,
        channels: tuple[str, ...] = (DEFAULT_CHANNEL,),
        zone: str | None = None,
        click_and_collect: ClickAndCollect = "DISABLED",
    ) -> Warehouse:
        """Add a warehouse that serves the channels, in a shipping zone of its own unless told otherwise."""
        area = (slug if click_and_collect == "DISABLED" else "") if zone is None else zone
        name = slug.replace("-", " ").title()
        warehouse = Warehouse(str(uuid4()), slug, name, area, click_and_collect)
        self.warehouses[slug] = warehouse
        for channel in channels:
            self.serve(warehouse, self.channels[channel])
        return warehouse

    def serve(self, warehouse: Warehouse, channel: Channel) -> None:
        if warehouse not in channel.warehouses:
            channel.warehouses.append(warehouse)
        if warehouse.zone:
            channel.zones.add(warehouse.zone)

    def add_product(self, title: str, attributes: Mapping[str, str], image: str | None) -> Product:
        slug = "-".join(title.lower().split())
        product = Product(self.next_key("Product"), title, slug)
        product.attributes = [
            Attribute(self.next_key("Attribute"), slug, (value,)) for slug, value in attributes.items()
        ]
        if image is not None:
            product.media.append(Media(self.next_key("ProductMedia"), alt=title, url=image))
        self.products[product.key] = product
        return product

    def list_product(self, product: Product, channel: Channel) -> ProductListing:
        """List it there, published and for sale since now."""
        listing = ProductListing(
            self.next_key("ProductChannelListing"),
            channel,
            published_at=self.now(),
            available_for_purchase_at=self.now(),
        )
        product.listings[channel.slug] = listing
        return listing

    def add_variant(self, product: Product, name: str, sku: str = "") -> Variant:
        key = self.next_key("ProductVariant")
        variant = Variant(key, product, name, sku or f"SKU-{key}", len(product.variants))
        product.variants.append(variant)
        self.variants[key] = variant
        return variant

    def list_variant(self, variant: Variant, channel: Channel, price: Decimal | None) -> None:
        variant.listings[channel.slug] = VariantListing(
            self.next_key("ProductVariantChannelListing"), channel, price
        )

    def stock(self, variant: Variant, warehouse: str) -> tuple[Stock, bool]:
        """Return the row, and whether it had to be created (with 0)."""
        if warehouse in variant.stocks:
            return variant.stocks[warehouse], False
        stock = Stock(self.next_key("Stock"), variant, self.warehouses[warehouse], 0)
        variant.stocks[warehouse] = stock
        return stock, True

    def put(self, variant: Variant, rows: Rows) -> list[Stock]:
        """Set quantities without a word; returns the rows that changed."""
        changed = []
        for slug, quantity in by_warehouse(rows).items():
            stock, _ = self.stock(variant, slug)
            if stock.quantity != quantity:
                stock.quantity = quantity
                changed.append(stock)
        return changed


def by_warehouse(rows: Rows) -> Mapping[str, int]:
    return {DEFAULT_WAREHOUSE: rows} if isinstance(rows, int) else rows
