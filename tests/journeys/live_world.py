"""The doubles behind real sockets, and workers as real processes that can be killed."""

import asyncio
import multiprocessing
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.app import create_app
from saleor_stoq_app.cli.running import listen, run
from saleor_stoq_app.clock import SystemClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.database.tables import deliveries, watches
from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.events import AlertType, Stage
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.settings.models import Storefront
from saleor_stoq_app.setup.store import Place
from saleor_stoq_app.wiring import House, open_house
from tests.journeys.world import ALERT_METRIC, signup

HOST = "127.0.0.1"
nursery = multiprocessing.get_context("forkserver")
nursery.set_forkserver_preload(["tests.journeys.live_world"])


@dataclass
class LiveWorld:
    """A shop and Klaviyo on real sockets, and the configuration of workers that use them."""

    saleor: SandboxSaleor
    klaviyo: SandboxKlaviyo
    phones: Phones
    config: Config
    variant_id: str
    waiting: list[str]

    def start_worker(self) -> BaseProcess:
        process = nursery.Process(target=_work, args=(self.config.model_dump(),), daemon=True)
        process.start()
        return process

    async def everybody_is_told(self, *, within: float) -> bool:
        """Wait until each waiting phone has a text."""
        for _ in range(int(within / 0.05)):
            self.klaviyo.settle()
            if all(self.phones.inbox(phone) for phone in self.waiting):
                return True
            await asyncio.sleep(0.05)
        return False

    async def settled(self) -> bool:
        """Tell whether no delivery is left in the middle."""
        async with open_house(self.config) as house:
            due = sa.select(sa.func.count()).where(
                deliveries.c.stage == Stage.ALERT, deliveries.c.state == State.DUE
            )
            return await house.database.read(lambda conn: conn.scalar(due)) == 0


def _work(settings: dict[str, Any]) -> None:
    asyncio.run(run(Config.model_validate(settings), web=None, work=True))


@asynccontextmanager
async def live_world(shoppers: int, **settings: Any) -> AsyncIterator[LiveWorld]:
    """Let shoppers wait, with their consent known, for a variant that has just come back."""
    stop, clock, phones = asyncio.Event(), SystemClock(), Phones()
    ports = [_free_port() for _ in range(3)]
    klaviyo = SandboxKlaviyo(clock, phones)
    async with SandboxSaleor(clock, api_url=f"http://{HOST}:{ports[0]}/graphql/") as saleor:
        config = Config(
            app_base_url=f"http://{HOST}:{ports[2]}",
            allowed_saleor_urls=(saleor.shop.api_url,),
            allow_private_networks=True,
            klaviyo_api_url=f"http://{HOST}:{ports[1]}",
            settle_seconds=0.1,
            **settings,
        )
        doubles = [
            asyncio.create_task(listen(app, HOST, port, stop))
            for app, port in ((saleor.app, ports[0]), (klaviyo.app, ports[1]))
        ]
        try:
            variant_id = saleor.add_product("Floral Shirt", variants={"Medium": 0}).variant_id
            waiting = [f"+1415555{number:04}" for number in range(shoppers)]
            world = LiveWorld(saleor, klaviyo, phones, config, variant_id, waiting)
            await asyncio.sleep(0.2)
            await _prepare(world)
            yield world
        finally:
            stop.set()
            await asyncio.gather(*doubles)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


async def _prepare(world: LiveWorld) -> None:
    """Install, connect, sign everybody up, and restock; then leave the database to the workers."""
    stop = asyncio.Event()
    async with open_house(world.config) as house:
        port = int(world.config.app_base_url.rsplit(":", 1)[1])
        serving = asyncio.create_task(listen(create_app(house), HOST, port, stop))
        await asyncio.sleep(0.2)
        await world.saleor.install(f"{world.config.app_base_url}/api/manifest")
        await _fill(world, house)
        stop.set()
        await serving


async def _fill(world: LiveWorld, house: House) -> None:
    shop = await house.shops.by_url(world.saleor.shop.api_url)
    assert shop is not None
    flow = world.klaviyo.add_flow(ALERT_METRIC)
    connection = await house.accounts.connect(shop.id, ProviderId.KLAVIYO, world.klaviyo.api_key)
    place = Place(shop.id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)
    assert (await house.desk.verification.verify(place, "alert", flow.name)).verified
    window = Storefront(origins=("https://shop.example",), product_url="https://shop.example/{slug}")
    await house.accounts.change(
        shop.id, lambda now: now.model_copy(update={"storefronts": {"default-channel": window}})
    )
    look = await house.lookup.look(shop, "default-channel", world.variant_id, preorder_key="stoq.preorder")
    await asyncio.gather(
        *(house.signups.add(signup(shop.id, world.variant_id, phone), look) for phone in world.waiting)
    )
    for phone in world.waiting:
        world.klaviyo.opt_in(phone)
    known = (
        sa.update(deliveries)
        .where(deliveries.c.stage == Stage.CONSENT)
        .values(state=State.ACCEPTED, due_at=None, generation=connection.generation)
    )
    await house.database.write(lambda conn: conn.execute(known).rowcount)
    world.saleor.stock.update(world.variant_id, 10)
    due = sa.update(watches).values(due_at=house.clock.now())
    await house.database.write(lambda conn: conn.execute(due).rowcount)
