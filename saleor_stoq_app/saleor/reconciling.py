"""Saleor never re-reads a manifest, so every start mends the webhooks of every shop (saleor.md section 3)."""

from datetime import timedelta

from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.log import get
from saleor_stoq_app.saleor.reconciler import Reconciler
from saleor_stoq_app.saleor.shops import Shops, ShopStatus

KIND = "webhooks.reconcile"

log = get(__name__)


class Reconciling:
    """The job that mends one shop's webhooks."""

    def __init__(self, shops: Shops, reconciler: Reconciler) -> None:
        self._shops = shops
        self._reconciler = reconciler

    async def __call__(self, job: Job) -> timedelta | None:
        """Mend the webhooks; a shop that is switched off is mended when the app starts again.

        Raises:
            StoqError: the shop did not let us.
        """
        shop = await self._shops.by_id(str(job.shop_id), fresh=True)
        if shop is None or shop.status is not ShopStatus.ACTIVE:
            return None
        done = await self._reconciler.reconcile(shop)
        await self._shops.set_schema_version(shop.id, done.schema_version)
        log.info(
            "webhooks.reconciled",
            shop=shop.id,
            created=done.created,
            updated=done.updated,
            deleted=done.deleted,
        )
        return None
