"""Two installations of one shop at the same time: the one that Saleor still knows is the one kept."""

import asyncio

import pytest

from saleor_stoq_app import http
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.errors import Unauthenticated
from saleor_stoq_app.saleor.client import SaleorClient
from saleor_stoq_app.saleor.registration import Registration
from saleor_stoq_app.saleor.shops import Shops
from tests.fixtures.fake_shop import App, FakeShop

URL = "https://shop.example/graphql/"


class SlowKeys(http.Client):
    """Holds back the first request for keys until it is let go."""

    def __init__(self, fake):
        super().__init__(guarded=False, transport=fake.transport())
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def request(self, method, url, **more):
        if url.endswith("jwks.json") and not self.asked.is_set():
            self.asked.set()
            await self.go.wait()
        return await super().request(method, url, **more)


async def test_an_older_installation_that_is_proved_late_does_not_replace_the_present_one(
    database, vault, clock, redis
):
    fake, shops = FakeShop(apps={"old-token": App("QXBwOjE=")}), Shops(database, vault, clock)
    config = Config(allowed_saleor_urls=(URL,))
    async with SlowKeys(fake) as client:
        registration = Registration(
            config, client, SaleorClient(client, config), shops, Limiter(redis, clock)
        )
        old = asyncio.create_task(registration.register(URL, "old-token", "3.23"))
        await client.asked.wait()
        fake.apps = {"new-token": App("QXBwOjI=")}
        new = await registration.register(URL, "new-token", "3.23")
        client.go.set()
        with pytest.raises(Unauthenticated):
            await old

    assert await shops.by_url(URL, fresh=True) == new
