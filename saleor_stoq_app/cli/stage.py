"""The demo's stage: the doubles, the app and its worker on one clock, thirty times as fast as life."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from saleor_stoq_app.app import create_app
from saleor_stoq_app.cli.running import listen
from saleor_stoq_app.cli.story import Story
from saleor_stoq_app.clock import FastClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.wiring import open_house
from saleor_stoq_app.worker import Worker, posts

HOST = "127.0.0.1"
SPEED = 30.0
PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three servers listen."""

    app: int
    saleor: int
    klaviyo: int


def free_ports() -> Ports:
    """Return three ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for one in sockets:
            one.bind((HOST, 0))
        return Ports(*(one.getsockname()[1] for one in sockets))


async def play(folder: Path, ports: Ports, *, once: bool) -> int:
    """Play the story and return the exit status."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    print(f"Nothing here leaves this machine, and time runs {SPEED:.0f} times as fast.", flush=True)
    async with _stage(folder, ports, stop) as story:
        playing = asyncio.create_task(story.play())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([playing, stopped], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not playing.done():
            playing.cancel()
            print("\nThe demo was ended before its end." if stop.is_set() else "\nThe demo took too long.")
            return 1
        well = playing.result()
        if not once:
            story.invite()
            await stop.wait()
        return 0 if well else 1


@asynccontextmanager
async def _stage(folder: Path, ports: Ports, stop: asyncio.Event) -> AsyncIterator[Story]:
    """Start the doubles and the app with its worker, thirty times as fast as life."""
    clock, phones = FastClock(SPEED), Phones()
    saleor = SandboxSaleor(clock, api_url=f"http://{HOST}:{ports.saleor}/graphql/")
    klaviyo = SandboxKlaviyo(clock, phones)
    config = Config(
        app_base_url=f"http://{HOST}:{ports.app}",
        data_dir=folder,
        allowed_saleor_urls=(saleor.shop.api_url,),
        allow_private_networks=True,
        klaviyo_api_url=f"http://{HOST}:{ports.klaviyo}",
    )
    async with saleor, open_house(config, clock=clock) as house:
        servers = ((create_app(house), ports.app), (saleor.app, ports.saleor), (klaviyo.app, ports.klaviyo))
        tasks = [asyncio.create_task(listen(app, HOST, port, stop)) for app, port in servers]
        tasks.append(asyncio.create_task(Worker(posts(house), clock).run(stop)))
        delivering = asyncio.create_task(saleor.keep_delivering())
        try:
            yield Story(house, saleor, klaviyo, phones)
        finally:
            delivering.cancel()
            stop.set()
            await asyncio.gather(*tasks)
