"""Whether the app still lives in a shop: events and refusals raise doubts, asking settles them (law 1)."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import shops
from saleor_stoq_app.errors import StoqError
from saleor_stoq_app.log import get
from saleor_stoq_app.saleor.client import SaleorClient, TokenRefused
from saleor_stoq_app.saleor.documents import document
from saleor_stoq_app.saleor.shops import Shop, Shops, ShopStatus

DELETED = "app_deleted"
REFUSED = "token_refused"
SILENT = timedelta(seconds=30)
PAUSED = timedelta(minutes=15)

log = get(__name__)


class Standing:
    """Asks `{app{id isActive}}` where there is doubt, and keeps what the shop says."""

    def __init__(self, *, database: Database, clock: Clock, shops: Shops, client: SaleorClient) -> None:
        self._database = database
        self._clock = clock
        self._shops = shops
        self._client = client

    async def doubt(self, shop_id: str, because: str) -> None:
        """Ask soon; a doubt that stands already keeps its reason."""
        now = self._clock.now()
        raised = (
            sa.update(shops)
            .where(shops.c.id == shop_id, shops.c.ask_at.is_(None))
            .values(ask_at=now, ask_because=because)
        )
        await self._database.write(lambda conn: conn.execute(raised).rowcount)

    async def due(self) -> list[str]:
        wanted = sa.select(shops.c.id).where(shops.c.ask_at <= self._clock.now())
        return await self._database.read(lambda conn: list(conn.scalars(wanted)))

    async def turn(self, shop_id: str) -> float | None:
        """Settle one doubt; one that was raised anew while Saleor was asked stays for the next turn."""
        shop = await self._shops.by_id(shop_id, fresh=True)
        if shop is None:
            return None
        raised = await self._raised(shop)
        try:
            status = await self._ask(shop, raised.ask_because)
        except StoqError as error:
            log.warning("standing.unanswered", shop=shop.id, error=error.code)
            await self._ask_again(shop, raised.ask_at, SILENT)
            return None
        await self._shops.set_status(shop.id, status, app_id=shop.app_id)
        await self._ask_again(shop, raised.ask_at, PAUSED if status is ShopStatus.PAUSED else None)
        log.info("shop.standing", shop=shop.id, status=status)
        return None

    async def _raised(self, shop: Shop) -> Any:
        """Return when Saleor was to be asked, and why."""
        wanted = sa.select(shops.c.ask_at, shops.c.ask_because).where(shops.c.id == shop.id)
        return await self._database.read(lambda conn: conn.execute(wanted).one())

    async def _ask(self, shop: Shop, because: str | None) -> ShopStatus:
        """A switched-off app and a removed one are refused alike: only the event tells them apart."""
        try:
            app = (await self._client.ask(shop, document("app_standing"), {})).get("app")
        except TokenRefused:
            app = None
        if app and app["id"] == shop.app_id and app["isActive"]:
            return ShopStatus.ACTIVE
        return ShopStatus.UNINSTALLED if because == DELETED else ShopStatus.PAUSED

    async def _ask_again(self, shop: Shop, raised_at: datetime | None, after: timedelta | None) -> None:
        now = self._clock.now()
        values = {"ask_at": now + after} if after else {"ask_at": None, "ask_because": None}
        mine = sa.update(shops).where(
            shops.c.id == shop.id, shops.c.app_id == shop.app_id, shops.c.ask_at == raised_at
        )
        await self._database.write(lambda conn: conn.execute(mine.values(values)).rowcount)
