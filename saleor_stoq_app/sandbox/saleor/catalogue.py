"""What else makes a variant buyable or not: publication, dates, prices, tracking, preorders, warehouses."""

from datetime import datetime
from decimal import Decimal

from saleor_stoq_app.sandbox.saleor.events import (
    CHANNEL_UPDATED,
    PRODUCT_UPDATED,
    VARIANT_CREATED,
    VARIANT_METADATA_UPDATED,
    VARIANT_UPDATED,
    Event,
)
from saleor_stoq_app.sandbox.saleor.rows import Preorder, ProductListing, Variant
from saleor_stoq_app.sandbox.saleor.shop import DEFAULT_CHANNEL, Rows
from saleor_stoq_app.sandbox.saleor.telling import Telling
from saleor_stoq_app.sandbox.saleor.versions import NO_PREORDER


class Catalogue(Telling):
    """A merchant's other edits; none of them fires a stock event (saleor.md section 6.1)."""

    def publish(self, product_id: str, *, channel: str = DEFAULT_CHANNEL, at: datetime | None = None) -> None:
        listing = self._listing(product_id, channel)
        listing.is_published, listing.published_at = True, at or self._shop.now()
        self._product_updated(product_id)

    def unpublish(self, product_id: str, *, channel: str = DEFAULT_CHANNEL) -> None:
        listing = self._listing(product_id, channel)
        listing.is_published, listing.published_at = False, None
        self._product_updated(product_id)

    def sell_from(self, product_id: str, at: datetime | None, *, channel: str = DEFAULT_CHANNEL) -> None:
        """Set the purchase date (None: not for sale); when it comes, nothing is fired."""
        self._listing(product_id, channel).available_for_purchase_at = at
        self._product_updated(product_id)

    def set_price(self, variant_id: str, price: Decimal | None, *, channel: str = DEFAULT_CHANNEL) -> None:
        variant = self._shop.variant(variant_id)
        self._shop.list_variant(variant, self._shop.channels[channel], price)
        self._variant_updated(variant)

    def remove_from_channel(self, variant_id: str, *, channel: str = DEFAULT_CHANNEL) -> None:
        """Drop the listing; with the product's last variant its own listing goes too."""
        variant = self._shop.variant(variant_id)
        variant.listings.pop(channel, None)
        if not any(channel in other.listings for other in variant.product.variants):
            variant.product.listings.pop(channel, None)
        self._variant_updated(variant)

    def track_inventory(self, variant_id: str, *, on: bool) -> None:
        variant = self._shop.variant(variant_id)
        variant.track_inventory = on
        self._variant_updated(variant)

    def start_preorder(
        self, variant_id: str, *, threshold: int | None = None, until: datetime | None = None
    ) -> None:
        """Turn Saleor's own preorder on; it ends by itself at `until`, silently."""
        if self._shop.version >= NO_PREORDER:
            raise ValueError("Saleor 3.24 has no preorders; use metadata or ordinary stock.")
        variant = self._shop.variant(variant_id)
        variant.preorder = Preorder(threshold, until)
        self._variant_updated(variant)

    def end_preorder(self, variant_id: str) -> None:
        variant = self._shop.variant(variant_id)
        variant.preorder = None
        self._variant_updated(variant)

    def set_metadata(self, variant_id: str, key: str, value: str) -> None:
        variant = self._shop.variant(variant_id)
        variant.metadata[key] = value
        self._variant_updated(variant)
        self.tell(Event(VARIANT_METADATA_UPDATED, variant=variant))

    def create_variant(self, product_id: str, name: str, *, price: Decimal, rows: Rows = 0) -> str:
        """`productVariantCreate` with stock: PRODUCT_VARIANT_CREATED alone."""
        product = self._shop.product(product_id)
        variant = self._shop.add_variant(product, name)
        for listing in product.listings.values():
            self._shop.list_variant(variant, listing.channel, price)
        self._shop.put(variant, rows)
        self.tell(Event(VARIANT_CREATED, variant=variant))
        return variant.id

    def assign_warehouse(self, slug: str, *, channel: str) -> None:
        """Let a warehouse serve one more channel: CHANNEL_UPDATED at best."""
        self._shop.serve(self._shop.warehouses[slug], self._shop.channels[channel])
        self.tell(Event(CHANNEL_UPDATED, channel=self._shop.channels[channel]))

    def set_channel_active(self, channel: str, *, active: bool) -> None:
        self._shop.channels[channel].is_active = active
        self.tell(Event(CHANNEL_UPDATED, channel=self._shop.channels[channel]))

    def _listing(self, product_id: str, channel: str) -> ProductListing:
        product = self._shop.product(product_id)
        if channel not in product.listings:
            return self._shop.list_product(product, self._shop.channels[channel])
        return product.listings[channel]

    def _product_updated(self, product_id: str) -> None:
        self.tell(Event(PRODUCT_UPDATED, product=self._shop.product(product_id)))

    def _variant_updated(self, variant: Variant) -> None:
        self.tell(Event(VARIANT_UPDATED, variant=variant))
