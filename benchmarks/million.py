"""A million waiting signups, and hints that nobody waits for: what they cost, as ratios of one run."""

import asyncio
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from benchmarks import shop as bench
from benchmarks.fanout import HOST, free_ports, memory_of, nursery, work
from saleor_stoq_app.alerts.watches import hint
from saleor_stoq_app.cli.running import listen
from saleor_stoq_app.clock import SystemClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.wiring import House, open_house

VARIANTS = 100
HINTS = 100_000
LOOKS = 20.0


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(count, Path(folder)))


async def measure(count: int, folder: Path) -> None:
    stop, clock, ports = asyncio.Event(), SystemClock(), free_ports(2)
    klaviyo = SandboxKlaviyo(clock, Phones())
    async with SandboxSaleor(clock, api_url=f"http://{HOST}:{ports[0]}/graphql/") as saleor:
        config = Config(
            data_dir=folder,
            allowed_saleor_urls=(saleor.shop.api_url,),
            allow_private_networks=True,
            klaviyo_api_url=f"http://{HOST}:{ports[1]}",
        )
        servers = [
            asyncio.create_task(listen(app, HOST, port, stop))
            for app, port in zip((saleor.app, klaviyo.app), ports, strict=True)
        ]
        async with open_house(config) as house:
            shop = await bench.install(house, saleor, klaviyo.api_key)
            idle = await memory(config)
            variants = saleor.add_product("Shirt", variants={f"V{n}": 0 for n in range(VARIANTS)}).variant_ids
            for number, variant_id in enumerate(variants):
                each = count // VARIANTS
                await bench.wait_for(house, shop, variant_id, each, first=number * each)
            await hints(house, shop.id, variants[0])
            full = await memory(config)
        print(f"memory of the worker: {full:.0f} MB with {count:,} waiting, {full / idle:.2f} of an idle one")
        stop.set()
        await asyncio.gather(*servers)


async def memory(config: Config) -> float:
    """Return the megabytes of a worker that has looked at everything that is due."""
    process = nursery.Process(target=work, args=(config.model_dump(),), daemon=True)
    process.start()
    await asyncio.sleep(LOOKS)
    used = memory_of(process)
    process.terminate()
    await asyncio.to_thread(process.join)
    return used


async def hints(house: House, shop_id: str, watched: str) -> None:
    """Compare hints that nobody waits for with hints that somebody does, and show how they are found."""
    took = {}
    for name, variant_id in (("unwatched", "UHJvZHVjdFZhcmlhbnQ6OTk5OTk5"), ("watched", watched)):
        write = partial(hint, shop_id=shop_id, variant_ids=[variant_id], due_at=house.clock.now())
        started = time.perf_counter()
        for _ in range(HINTS // 500):
            await asyncio.gather(*(house.database.write(write) for _ in range(500)))
        took[name] = time.perf_counter() - started
    print(
        f"{HINTS:,} hints for variants that nobody waits for: {HINTS / took['unwatched']:,.0f}/s, "
        f"{took['watched'] / took['unwatched']:.2f} times as fast as for one that is waited for"
    )
    plan = sa.text(
        "EXPLAIN QUERY PLAN UPDATE watches SET hints = hints + 1 WHERE shop_id = 's' AND variant_id = 'v'"
    )
    rows = await house.database.read(lambda conn: conn.execute(plan).all())
    print(f"  each is one statement: {rows[0][-1]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
