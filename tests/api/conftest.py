"""A storefront's browser in front of the real house; Saleor is `Shelves`."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import fakeredis
import httpx
import pytest
from fastapi import FastAPI

from saleor_stoq_app.alerts.lookup import Lookup
from saleor_stoq_app.api.limits import Limits
from saleor_stoq_app.api.router import PATH, storefront_route
from saleor_stoq_app.api.storefront import StorefrontApi
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.database import tables
from tests.fixtures.floor import Floor
from tests.fixtures.selling import CHANNEL, SHIRT

ORIGIN = "https://www.shop.example"
SIGN_UP = """
mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) { accepted errors { code message field fix } }
}
"""


@dataclass
class Browser:
    """Signs up as a page of the shop does; `address` is where the shopper sits."""

    floor: Floor
    http: httpx.AsyncClient
    redis: fakeredis.FakeAsyncRedis
    visits: int = 0

    def wish(self, **more: Any) -> dict[str, Any]:
        return {
            "shop": self.floor.shop.public_key,
            "variant": SHIRT,
            "channel": CHANNEL,
            "phone": "+1 415 555 0142",
            "consentText": "Text me once when this is back.",
            "consentGiven": True,
        } | more

    async def ask(
        self, query: str, *, origin: str = ORIGIN, address: str = "", **variables: Any
    ) -> httpx.Response:
        self.visits += 1
        headers = {"x-forwarded-for": address or f"203.0.113.{self.visits % 250}"}
        body = {"query": query, "variables": variables}
        return await self.http.post(PATH, json=body, headers=headers | ({"origin": origin} if origin else {}))

    async def sign_up(self, *, origin: str = ORIGIN, address: str = "", **more: Any) -> Mapping[str, Any]:
        answer = await self.ask(SIGN_UP, origin=origin, address=address, input=self.wish(**more))
        return dict(answer.json()["data"]["signUp"])

    async def refusal(self, **more: Any) -> tuple[str, str | None]:
        """Return the code and the field of the one error, and check that nothing was stored."""
        payload = await self.sign_up(**more)
        assert payload["accepted"] is False
        assert await self.floor.rows(tables.signups) == []
        (error,) = payload["errors"]
        assert error["message"].endswith(".")
        assert error["fix"].endswith(".")
        return error["code"], error["field"]


@pytest.fixture
async def floor(database, clock, vault) -> Floor:
    floor = await Floor(database, clock, vault).open()
    floor.shelves.put(0)
    return floor


@pytest.fixture
async def browser(floor) -> AsyncIterator[Browser]:
    redis = fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer())
    api = StorefrontApi(
        shops=floor.shops,
        choices=floor.choices,
        limits=Limits(Limiter(redis, floor.clock), floor.vault),
        lookup=Lookup(floor.shelves, floor.clock, patience=0.2),
        signups=floor.signups,
    )
    app = FastAPI(redirect_slashes=False)
    app.router.routes.append(storefront_route(api, [ip_network("127.0.0.1/32")]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://stoq.example") as http:
        yield Browser(floor, http, redis)
    await redis.aclose()
