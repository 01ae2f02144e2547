"""Stock events: each moves forward the time at which we look at its variants, and proves nothing (law 1)."""

from datetime import datetime, timedelta
from typing import Any

from saleor_stoq_app.saleor.payloads import variant_ids
from saleor_stoq_app.saleor.shops import Shop, ShopStatus
from saleor_stoq_app.webhooks.hints import Hints

EVENTS = {
    "product_variant_back_in_stock": "ProductVariantBackInStock",
    "product_variant_out_of_stock": "ProductVariantOutOfStock",
    "product_variant_stock_updated": "ProductVariantStockUpdated",
    "product_variant_updated": "ProductVariantUpdated",
}
IN_CHANNEL = {
    "product_variant_back_in_stock_in_channel": "ProductVariantBackInStockInChannel",
    "product_variant_out_of_stock_in_channel": "ProductVariantOutOfStockInChannel",
    "product_variant_back_in_stock_for_click_and_collect": "ProductVariantBackInStockForClickAndCollect",
    "product_variant_out_of_stock_for_click_and_collect": "ProductVariantOutOfStockForClickAndCollect",
}


class LookSoon:
    """Has every variant of an event looked at, once things have settled; nothing where the app is off."""

    def __init__(self, hints: Hints, settle_seconds: float) -> None:
        self._hints = hints
        self._settle = timedelta(seconds=settle_seconds)

    async def __call__(self, shop: Shop, event: str, body: dict[str, Any], now: datetime) -> None:
        if shop.status is ShopStatus.ACTIVE and (ids := variant_ids(event, body)):
            await self._hints.store(shop.id, ids, now + self._settle)
