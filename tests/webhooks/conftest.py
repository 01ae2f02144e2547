"""A shop with people who wait, and the door through which its Saleor delivers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from saleor_stoq_app.clock import ManualClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import watches
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.shops import Shop, Shops
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.webhooks.router import routes
from tests.webhooks.sender import FakeSaleor

CONFIG = Config(settle_seconds=5)
Save = Callable[[FakeSaleor], Awaitable[Shop]]


@dataclass
class Door:
    """Delivers to the app as Saleor does, and looks into the database afterwards."""

    http: httpx.AsyncClient
    db: Database
    clock: ManualClock

    async def post(self, identifier: str, raw: bytes, headers: dict[str, str]) -> httpx.Response:
        return await self.http.post(f"/api/webhooks/{identifier}", content=raw, headers=headers)

    async def deliver(
        self, saleor: FakeSaleor, identifier: str, event: str, typename: str, **content: Any
    ) -> httpx.Response:
        raw = saleor.body(typename, **content)
        return await self.post(identifier, raw, saleor.headers(event, raw))

    async def stock(self, saleor: FakeSaleor, variant_id: str = "V1") -> httpx.Response:
        event, typename = "product_variant_stock_updated", "ProductVariantStockUpdated"
        return await self.deliver(saleor, "stock", event, typename, productVariant={"id": variant_id})

    async def wait_for(self, shop: Shop, *variant_ids: str, channel: str = "default-channel") -> None:
        """Let somebody wait; the next look is an hour away."""
        later = self.clock.now() + timedelta(hours=1)
        rows = [
            {
                "shop_id": shop.id,
                "variant_id": variant_id,
                "channel": channel,
                "due_at": later,
                "hints": 0,
                "created_at": self.clock.now(),
            }
            for variant_id in variant_ids
        ]
        await self.db.write(lambda conn: conn.execute(sa.insert(watches), rows) and None)

    async def hinted(self, shop: Shop, channel: str = "default-channel") -> dict[str, tuple[int, datetime]]:
        """Return hints and time of the next look of every variant that was hinted at."""
        mine = (watches.c.shop_id == shop.id) & (watches.c.channel == channel)
        wanted = sa.select(watches).where(mine, watches.c.hints > 0)
        rows = await self.db.read(lambda conn: conn.execute(wanted).all())
        return {row.variant_id: (row.hints, row.due_at) for row in rows}


@pytest.fixture
def saleor() -> FakeSaleor:
    return FakeSaleor()


@pytest.fixture
def shops(database: Database, vault: Vault, clock: ManualClock) -> Shops:
    return Shops(database, vault, clock)


@pytest.fixture
def save(shops: Shops) -> Save:
    async def _save(saleor: FakeSaleor) -> Shop:
        return await shops.save(
            parse_saleor_api_url(saleor.url),
            app_id=saleor.app_id,
            token="t" * 30,
            jwks=saleor.jwks,
            schema_version="3.23",
        )

    return _save


@pytest.fixture
async def shop(save: Save, saleor: FakeSaleor) -> Shop:
    return await save(saleor)


@pytest.fixture
async def door(
    database: Database, shops: Shops, clock: ManualClock, saleor: FakeSaleor
) -> AsyncIterator[Door]:
    async with Client(guarded=False, transport=httpx.MockTransport(saleor)) as keys:
        app = Starlette(routes=routes(database, shops, keys, CONFIG, clock))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://stoq.example") as http:
            yield Door(http, database, clock)
