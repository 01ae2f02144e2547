"""Signups per second and core: the whole mutation over HTTP, everything on, beside a plain FastAPI echo.

Run: python -m benchmarks.signups [requests]. Figures hold for the machine and the minute they were
taken in; the ratio to the echo of the same run is what may be compared.
"""

import asyncio
import gc
import multiprocessing
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path

import orjson
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from saleor_stoq_app.alerts.contacts import Contacts
from saleor_stoq_app.alerts.lookup import Lookup
from saleor_stoq_app.alerts.signups import Signups
from saleor_stoq_app.api.limits import Limits
from saleor_stoq_app.api.router import PATH, storefront_route
from saleor_stoq_app.api.storefront import StorefrontApi
from saleor_stoq_app.clock import SystemClock
from saleor_stoq_app.coordination import connect, limiter
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import metadata, settings, shops, signups
from saleor_stoq_app.saleor.looks import Content, Facts, Look
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.secrets import Vault, fresh_keys
from saleor_stoq_app.settings.choices import Choices

CONNECTIONS = 32
SHOPS = 10
WARM_UP = 1_000
CHANNEL, ORIGIN, VARIANT = "default-channel", "https://shop.example", "UHJvZHVjdFZhcmlhbnQ6MzQ4"
DOCUMENT = (
    "mutation SignUp($input: SignUpInput!) "
    "{ signUp(input: $input) { accepted errors { code message field fix } } }"
)
DONE = b'"accepted":true'


class Availability:
    """Saleor, answering at once: its own speed is no part of this figure."""

    async def look(self, _shop, _channel, variant_ids, *, preorder_key):
        assert preorder_key
        facts = Facts(units=0, published=True, purchasable=True, priced=True, preorder=False)
        content = Content("Shirt", "M", "shirt", VARIANT, "S-M", None, "USD", "", {})
        return {variant_id: Look(facts, content) for variant_id in variant_ids}


class Words(BaseModel):
    """The body of a request, as FastAPI would read it."""

    query: str
    variables: dict[str, dict[str, object]]


def public_key(number: int) -> str:
    return f"pub_{number:032d}"


def echo() -> FastAPI:
    app = FastAPI()

    @app.post(PATH)
    async def answer(words: Words) -> Words:
        return words

    return app


def storefront() -> FastAPI:
    database = Database(f"sqlite:///{Path(tempfile.mkdtemp()) / 'stoq.sqlite3'}")
    secret_key, hash_key = fresh_keys()
    vault, clock = Vault([secret_key], hash_key), SystemClock()
    fill(database, vault)
    choices = Choices(database, clock)
    api = StorefrontApi(
        shops=Shops(database, vault, clock),
        choices=choices,
        limits=Limits(limiter(connect(""), clock, shared=False), vault),
        lookup=Lookup(Availability(), clock),
        signups=Signups(database=database, clock=clock, contacts=Contacts(database, vault), choices=choices),
    )
    app = FastAPI()
    app.router.routes.append(storefront_route(api, [ip_network("127.0.0.0/8")]))

    @app.get("/stored")
    async def stored() -> int:
        count = sa.select(sa.func.count()).select_from(signups)
        return int(await database.read(lambda connection: connection.scalar(count)) or 0)

    return app


def fill(database: Database, vault: Vault) -> None:
    document = orjson.dumps(
        {"storefronts": {CHANNEL: {"origins": [ORIGIN], "product_url": f"{ORIGIN}/{{slug}}"}}}
    ).decode()
    metadata.create_all(database.engine)
    with database.engine.begin() as connection:
        for number in range(SHOPS):
            connection.execute(
                shops.insert().values(
                    id=f"{number:032d}",
                    public_key=public_key(number),
                    saleor_api_url=f"https://shop{number}.example/graphql/",
                    app_id="QXBwOjE=",
                    token=vault.seal("token"),
                    jwks={},
                    schema_version="3.23",
                    status="active",
                    installed_at=datetime.now(UTC),
                )
            )
            connection.execute(
                settings.insert().values(shop_id=f"{number:032d}", document=document, version=1)
            )


def serve(kind: str, pipe: Connection) -> None:
    """Run a server until the other end hangs up; say how much CPU it used whenever asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = echo() if kind == "echo" else storefront()
    config = uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False, lifespan="off")
    server = uvicorn.Server(config)
    gc.collect()
    gc.freeze()  # as `saleor-stoq serve` does

    def report() -> None:
        while pipe.recv() == "cpu":
            pipe.send(time.process_time())
        server.should_exit = True

    threading.Thread(target=report, daemon=True).start()
    pipe.send(listener.getsockname()[1])
    server.run(sockets=[listener])


def requests(count: int, first: int) -> Iterator[bytes]:
    """Yield HTTP requests: each another phone and another address, over ten shops."""
    for number in range(first, first + count):
        wish = {
            "shop": public_key(number % SHOPS),
            "variant": VARIANT,
            "channel": CHANNEL,
            "phone": f"+1212{2_000_000 + number}",
            "name": "Ada Lovelace",
            "language": "en",
            "consentText": "Text me when this is back in stock. Reply STOP to end.",
            "consentGiven": True,
            "source": "product page",
        }
        body = orjson.dumps({"query": DOCUMENT, "variables": {"input": wish}})
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        yield (
            f"POST {PATH} HTTP/1.1\r\nhost: stoq\r\norigin: {ORIGIN}\r\ncontent-type: application/json\r\n"
            f"x-forwarded-for: 198.{address[3:]}\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body


async def ask(port: int, work: Iterator[bytes], waits: list[float], expected: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in work:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        waits.append(time.perf_counter() - began)
        assert expected in body, body
    writer.close()
    await writer.wait_closed()


@dataclass(frozen=True)
class Figure:
    """What one server did."""

    per_second: float
    per_core: float
    milliseconds: Sequence[float]


def measure(kind: str, count: int) -> Figure:
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    server = context.Process(target=serve, args=(kind, other))
    server.start()
    other.close()
    port = pipe.recv()
    expected = DONE if kind == "storefront" else b"Lovelace"

    async def load(count: int, first: int) -> list[float]:
        work, waits = iter(list(requests(count, first))), list[float]()
        await asyncio.gather(*(ask(port, work, waits, expected) for _ in range(CONNECTIONS)))
        return waits

    def cpu() -> float:
        pipe.send("cpu")
        return float(pipe.recv())

    try:
        asyncio.run(load(WARM_UP, 0))
        before, began = cpu(), time.perf_counter()
        waits = sorted(asyncio.run(load(count, WARM_UP)))
        wall, used = time.perf_counter() - began, cpu() - before
    finally:
        pipe.send("end")
        server.join()
    return Figure(count / wall, count / used, [1000 * waits[int(len(waits) * q)] for q in (0.5, 0.99)])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    figures = {kind: measure(kind, count) for kind in ("echo", "storefront")}
    for kind, figure in figures.items():
        p50, p99 = figure.milliseconds
        print(
            f"{kind:<12}{figure.per_second:>8,.0f} req/s{figure.per_core:>8,.0f} req/s per core"
            f"   p50 {p50:.1f} ms   p99 {p99:.1f} ms"
        )
    print(f"ratio to the echo, per core: {figures['storefront'].per_core / figures['echo'].per_core:.2f}")
    print("floor 1,200 per core, goal 2,000")


if __name__ == "__main__":
    main()
