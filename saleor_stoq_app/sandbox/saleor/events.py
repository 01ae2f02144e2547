"""What can happen in a shop, under Saleor's names."""

from dataclasses import dataclass
from datetime import datetime

from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from saleor_stoq_app.sandbox.saleor.rows import Channel, Order, Product, Variant, Warehouse
from saleor_stoq_app.sandbox.saleor.versions import OWN_LIFECYCLE_EVENTS, Version

BACK = "PRODUCT_VARIANT_BACK_IN_STOCK"
OUT = "PRODUCT_VARIANT_OUT_OF_STOCK"
STOCK_UPDATED = "PRODUCT_VARIANT_STOCK_UPDATED"
VARIANT_CREATED = "PRODUCT_VARIANT_CREATED"
VARIANT_UPDATED = "PRODUCT_VARIANT_UPDATED"
VARIANT_METADATA_UPDATED = "PRODUCT_VARIANT_METADATA_UPDATED"
PRODUCT_UPDATED = "PRODUCT_UPDATED"
CHANNEL_UPDATED = "CHANNEL_UPDATED"
IN_CHANNEL = "_IN_CHANNEL"
FOR_CLICK_AND_COLLECT = "_FOR_CLICK_AND_COLLECT"

_PERMISSIONS = {
    "PRODUCT": "MANAGE_PRODUCTS",
    "ORDER": "MANAGE_ORDERS",
    "DRAFT": "MANAGE_ORDERS",
    "FULFILLMENT": "MANAGE_ORDERS",
    "CHANNEL": "MANAGE_CHANNELS",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, with what it is about."""

    name: str
    variant: Variant | None = None
    warehouse: Warehouse | None = None
    channel: Channel | None = None
    product: Product | None = None
    order: Order | None = None
    app: InstalledApp | None = None

    @property
    def typename(self) -> str:
        return self.name.replace("_", " ").title().replace(" ", "")

    @property
    def header(self) -> str:
        return self.name.lower()

    @property
    def deferred(self) -> bool:
        """Whether Saleor builds the body only when it sends (saleor.md section 5.4)."""
        return self.name.startswith("ORDER_") or self.name.endswith((IN_CHANNEL, FOR_CLICK_AND_COLLECT))


@dataclass(frozen=True, slots=True)
class Issued:
    """An event on its way to one app."""

    event: Event
    recipient: InstalledApp
    at: datetime

    @property
    def typename(self) -> str:
        return self.event.typename


def permission_for(name: str, version: Version) -> str | None:
    """Return what an app must hold to hear of it; without it the app hears nothing, and no error is told."""
    if name.startswith("APP_"):
        return None if version >= OWN_LIFECYCLE_EVENTS else "MANAGE_APPS"
    return _PERMISSIONS[name.partition("_")[0]]
