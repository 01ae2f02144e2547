"""The ways in which a merchant changes stock, each firing what Saleor fires (saleor.md section 6.1)."""

from collections.abc import Mapping
from datetime import timedelta

from saleor_stoq_app.sandbox.saleor.events import (
    BACK,
    OUT,
    PRODUCT_UPDATED,
    STOCK_UPDATED,
    VARIANT_UPDATED,
    Event,
)
from saleor_stoq_app.sandbox.saleor.rows import Reservation, Stock
from saleor_stoq_app.sandbox.saleor.shop import DEFAULT_WAREHOUSE, Rows, Shop, by_warehouse
from saleor_stoq_app.sandbox.saleor.stock_rules import about, saved
from saleor_stoq_app.sandbox.saleor.telling import Fire, Telling


class StockChanges(Telling):
    """What a merchant, an importer or a checkout does to stock rows."""

    def __init__(self, shop: Shop, fire: Fire) -> None:
        super().__init__(shop, fire)
        self._variant = shop.variant

    def update(self, variant_id: str, rows: Rows) -> None:
        """`productVariantStocksUpdate`."""
        crossed: dict[str, list[Stock]] = {BACK: [], OUT: []}
        touched = []
        for slug, quantity in by_warehouse(rows).items():
            stock, created = self._shop.stock(self._variant(variant_id), slug)
            if name := saved(self._shop.version, stock, quantity, created=created):
                crossed[name].append(stock)
            stock.quantity = quantity
            touched.append(stock)
        for name, stocks in crossed.items():
            self.tell(*(about(name, stock) for stock in stocks))
        self.tell(*(about(STOCK_UPDATED, stock) for stock in touched))
        for name, stocks in crossed.items():
            self.tell_channels(name, stocks)

    def save_variant_page(self, variant_id: str, rows: Rows) -> None:
        """Save the variant page of the Dashboard: the update, and PRODUCT_VARIANT_UPDATED."""
        self.update(variant_id, rows)
        self.tell(Event(VARIANT_UPDATED, variant=self._variant(variant_id)))

    def create(self, variant_id: str, rows: Rows) -> None:
        """`productVariantStocksCreate`: BACK for every row, also with 0, and no STOCK_UPDATED."""
        created = []
        for slug, quantity in by_warehouse(rows).items():
            stock, new = self._shop.stock(self._variant(variant_id), slug)
            if not new:
                raise ValueError(f"The variant has stock in {slug} already; update it.")
            stock.quantity = quantity
            created.append(stock)
        self.tell(*(about(BACK, stock) for stock in created))
        self.tell_channels(BACK, created)

    def delete(self, variant_id: str, *warehouses: str) -> None:
        """`productVariantStocksDelete`: OUT for every row, also where it was 0 or another has stock."""
        variant = self._variant(variant_id)
        gone = [variant.stocks.pop(slug) for slug in warehouses or (DEFAULT_WAREHOUSE,)]
        self.tell(*(about(OUT, stock) for stock in gone))
        self.tell_channels(OUT, gone)

    def bulk_update(self, changes: Mapping[str, Rows]) -> None:
        """`stockBulkUpdate`, the way of importers: STOCK_UPDATED of changed rows is all that comes."""
        for variant_id, rows in changes.items():
            changed = self._shop.put(self._variant(variant_id), rows)
            self.tell(*(about(STOCK_UPDATED, stock) for stock in changed))

    def variant_bulk_update(self, variant_id: str, rows: Rows) -> None:
        """`productVariantBulkUpdate`: no stock event at all."""
        self._shop.put(self._variant(variant_id), rows)
        self.tell(Event(VARIANT_UPDATED, variant=self._variant(variant_id)))

    def save_grid(self, variant_id: str, rows: Rows) -> None:
        """Save the grid of the Dashboard's product page: no stock event at all."""
        variant = self._variant(variant_id)
        self._shop.put(variant, rows)
        self.tell(Event(PRODUCT_UPDATED, product=variant.product), Event(VARIANT_UPDATED, variant=variant))

    def reserve(self, variant_id: str, quantity: int, *, seconds: float) -> None:
        """Hold units for an open checkout; neither this nor its end fires anything."""
        stock, _ = self._shop.stock(self._variant(variant_id), DEFAULT_WAREHOUSE)
        stock.reservations.append(Reservation(quantity, self._shop.now() + timedelta(seconds=seconds)))

    def release(self, variant_id: str) -> None:
        """Delete the checkouts that hold units; silent as well."""
        for stock in self._variant(variant_id).stocks.values():
            stock.reservations.clear()
