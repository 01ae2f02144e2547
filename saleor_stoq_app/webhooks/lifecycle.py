"""Events about the app itself: each makes us ask Saleor whether we still live there, and proves nothing."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import shops
from saleor_stoq_app.saleor.shops import Shop

EVENTS = {
    "app_deleted": "AppDeleted",
    "app_status_changed": "AppStatusChanged",
}


class AskSoon:
    """Has the worker ask `{app{id isActive}}` at once, of shops where the app is off too."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, shop: Shop, event: str, _body: dict[str, Any], now: datetime) -> None:
        asked = sa.update(shops).where(shops.c.id == shop.id).values(ask_at=now, ask_because=event)
        await self._db.write(lambda conn: conn.execute(asked) and None)
