"""`saleor-stoq serve` and `saleor-stoq worker`: the long-running processes."""

import asyncio
import gc
import signal
import socket
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from saleor_stoq_app import config as configuration
from saleor_stoq_app import log
from saleor_stoq_app.app import create_app
from saleor_stoq_app.cli.presence import present
from saleor_stoq_app.cli.starting import ask_for_upkeep
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.wiring import open_house
from saleor_stoq_app.worker import Worker, posts


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8800,
    work: Annotated[bool, typer.Option(help="Also do a worker's work in this process.")] = True,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Answer Saleor and storefronts; by default also do the work that is due."""
    config = configuration.load()
    log.set_up(config.log_format)
    asyncio.run(run(config, web=(host, port), work=work))


def worker() -> None:
    """Do the work that is due: look, choose who hears, send, read back."""
    config = configuration.load()
    log.set_up(config.log_format)
    asyncio.run(run(config, web=None, work=True))


COMMANDS = (serve, worker)


async def run(config: Config, *, web: tuple[str, int] | None, work: bool) -> None:
    """Run until SIGTERM or Ctrl-C, then finish what is under way."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with open_house(config) as house, present(house, "worker" if web is None else "serve", stop):
        await ask_for_upkeep(house)
        gc.collect()
        gc.freeze()  # what was built so far stays; the collector need not walk it again and again
        tasks = (
            [asyncio.create_task(Worker(posts(house), house.clock, house.meters).run(stop))] if work else []
        )
        if web is not None:
            tasks.append(asyncio.create_task(listen(create_app(house), *web, stop)))
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        await asyncio.gather(*tasks)


async def listen(app: ASGIApp, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve HTTP until told to stop; requests under way are answered.

    Raises:
        Misconfigured: the address is taken or is none of this machine's; everything is told to stop.
    """
    settings = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
    )
    server = uvicorn.Server(settings)
    try:
        door = _door(host, port)
    except Misconfigured:
        stop.set()
        raise
    serving = asyncio.create_task(server._serve([door]))  # noqa: SLF001 - `serve` would take over our signal handlers
    log.get(__name__).info("serve.listening", at=f"http://{host}:{port}")
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await serving


def _door(host: str, port: int) -> socket.socket:
    """Take the address ourselves: uvicorn ends the process with a traceback if it cannot have it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        msg = f"Cannot listen on {host}, port {port}: {reason}. Choose another with --port."
        raise Misconfigured(msg) from error
