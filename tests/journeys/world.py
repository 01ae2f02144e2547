"""The whole product with the doubles around it, on one clock, joined by HTTP without sockets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from saleor_stoq_app.alerts.signups import NewSignup
from saleor_stoq_app.app import create_app
from saleor_stoq_app.clock import ManualClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.base import Connection, ProviderId
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.settings.models import Settings, Storefront
from saleor_stoq_app.setup.store import Place
from saleor_stoq_app.wiring import House, Network, open_house
from saleor_stoq_app.worker import Worker, posts

APP = "https://stoq.example"
SALEOR = "https://shop.example/graphql/"
KLAVIYO = "https://klaviyo.example"
STOREFRONT = "https://www.shop.example"
ALERT_METRIC = "Back in stock SMS alert (STOQ)"
CONSENT = "Text me once when this is back. Message rates may apply. Reply STOP to end."

SIGN_UP = """
mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) { accepted errors { code message field fix } }
}
"""


class Hosts(httpx.AsyncBaseTransport):
    """Sends each request to the application that answers for its host."""

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = self.apps.get(request.url.host)
        if app is None:
            raise httpx.ConnectError("nobody listens", request=request)
        return await httpx.ASGITransport(app).handle_async_request(request)


@dataclass
class World:
    """A shop, Klaviyo, phones and our house; `storefront` is what shoppers' browsers call."""

    clock: ManualClock
    saleor: SandboxSaleor
    klaviyo: SandboxKlaviyo
    phones: Phones
    house: House
    worker: Worker
    storefront: httpx.AsyncClient
    hosts: Hosts

    async def shop(self) -> Shop:
        shop = await self.house.shops.by_url(self.saleor.shop.api_url)
        assert shop is not None
        return shop

    async def install(self) -> Shop:
        await self.saleor.install(f"{APP}/api/manifest")
        return await self.shop()

    async def connect(self, key: str | None = None) -> None:
        shop = await self.shop()
        await self.house.accounts.connect(shop.id, ProviderId.KLAVIYO, key or self.klaviyo.api_key)

    async def verify(self, flow_name: str, key: str = "alert") -> None:
        """Verify a flow that the merchant made by hand (R46)."""
        place = Place((await self.shop()).id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)
        found = await self.house.desk.verification.verify(place, key, flow_name)
        assert found.verified, found.problems

    async def open_storefront(self, *channels: str) -> None:
        """Say where each channel's shop window stands."""
        window = Storefront(
            origins=(STOREFRONT,),
            product_url=f"{STOREFRONT}/{{channel}}/products/{{slug}}?variant={{variant}}",
        )

        def change(settings: Settings) -> Settings:
            shown = dict.fromkeys(channels or ("default-channel",), window)
            return settings.model_copy(update={"storefronts": shown, "shop_name": "Acme"})

        await self.house.accounts.change((await self.shop()).id, change)

    async def sign_up(self, variant_id: str, phone: str, **more: Any) -> Mapping[str, Any]:
        """Sign up as a storefront does; return the payload."""
        wish = {
            "shop": (await self.shop()).public_key,
            "variant": variant_id,
            "channel": "default-channel",
            "phone": phone,
            "consentText": CONSENT,
            "consentGiven": True,
        }
        answer = await self.storefront.post(
            "/storefront/graphql",
            json={"query": SIGN_UP, "variables": {"input": wish | more}},
            headers={"Origin": STOREFRONT},
        )
        return dict(answer.json()["data"]["signUp"])

    async def connection(self) -> Connection:
        connection = await self.house.connections.of((await self.shop()).id, ProviderId.KLAVIYO)
        assert connection is not None
        return connection

    async def settle(self, seconds: float = 0, *, step: float = 5) -> None:
        """Let webhooks arrive and the worker work while time goes by."""
        until = self.clock.now().timestamp() + seconds
        while True:
            await self.saleor.deliver()
            await self.worker.until_idle()
            self.klaviyo.settle()
            if self.clock.now().timestamp() >= until:
                return
            self.clock.advance(step)


def signup(shop_id: str, variant_id: str, phone: str) -> NewSignup:
    """Return a signup as the storefront's API would make it, for crowds above its limits."""
    return NewSignup(
        shop_id=shop_id,
        variant_id=variant_id,
        channel="default-channel",
        medium=Medium.SMS,
        phone=phone,
        name="",
        language="en",
        country="US",
        quantity=1,
        source="",
        consent_text=CONSENT,
        consent_locale="en",
        consent_origin=STOREFRONT,
    )


@asynccontextmanager
async def world(clock: ManualClock, tmp_path: Path, **settings: Any) -> AsyncIterator[World]:
    """Build everything; nothing is installed yet."""
    hosts, phones = Hosts(), Phones()
    klaviyo = SandboxKlaviyo(clock, phones)
    config = Config(
        app_base_url=APP,
        data_dir=tmp_path,
        allowed_saleor_urls=(SALEOR,),
        klaviyo_api_url=KLAVIYO,
        **settings,
    )
    network = Network(
        shops=Client(guarded=False, transport=hosts), providers=Client(guarded=False, transport=hosts)
    )
    async with (
        SandboxSaleor(clock, api_url=SALEOR, transport=hosts) as saleor,
        open_house(config, clock=clock, network=network) as house,
        httpx.AsyncClient(transport=hosts, base_url=APP) as storefront,
    ):
        hosts.apps |= {
            "stoq.example": create_app(house),
            "shop.example": saleor.app,
            "klaviyo.example": klaviyo.app,
        }
        worker = Worker(posts(house), clock)
        yield World(clock, saleor, klaviyo, phones, house, worker, storefront, hosts)
