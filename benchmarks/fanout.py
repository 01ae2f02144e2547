"""A fan-out to 100,000 shoppers, measured against what Klaviyo's own limits allow.

Prints ratios of one run. The doubles live in this process, the worker in one of its own.
"""

import asyncio
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks import shop as bench
from saleor_stoq_app.alerts import watches
from saleor_stoq_app.cli.running import listen, run
from saleor_stoq_app.clock import SystemClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.wiring import open_house
from saleor_stoq_app.worker import Post, Worker

HOST = "127.0.0.1"
METRIC = "Back in stock SMS alert (STOQ)"
BULK = "POST /api/event-bulk-create-jobs"
PER_CALL, PER_SECOND = 1_000, 10
LONGEST = 300.0
nursery = multiprocessing.get_context("spawn")


@dataclass
class Seen:
    """What the double and the operating system saw."""

    first_call: float = 0.0
    last_call: float = 0.0
    cpu_at_first: float = 0.0
    cpu_at_last: float = 0.0
    refused: int = 0
    memory: float = 0.0


def main(count: int) -> None:
    for filled in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(count, Path(folder), filled=filled))


async def measure(count: int, folder: Path, *, filled: bool) -> None:
    """Run one fan-out; `filled`: the deliveries are written before the measured worker starts."""
    stop, clock, ports = asyncio.Event(), SystemClock(), free_ports()
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
        await prepare(config, saleor, klaviyo, count)
        if filled:
            await fill(config)
        seen = await watch(config, klaviyo, count)
        await report(klaviyo, count, seen, filled=filled)
        stop.set()
        await asyncio.gather(*servers)


async def prepare(config: Config, saleor: SandboxSaleor, klaviyo: SandboxKlaviyo, count: int) -> None:
    variant_id = saleor.add_product("Floral Shirt", variants={"Medium": 0}).variant_id
    klaviyo.add_flow(METRIC)
    async with open_house(config) as house:
        shop = await bench.install(house, saleor, klaviyo.api_key)
        await bench.wait_for(house, shop, variant_id, count)
        for number in range(count):
            klaviyo.opt_in(bench.phone(number))
        saleor.stock.update(variant_id, 10)
        now = house.clock.now()
        await house.database.write(lambda conn: watches.hint(conn, shop.id, [variant_id], now))


async def fill(config: Config) -> None:
    """Look and write the deliveries, in this process."""
    async with open_house(config) as house:
        started = time.process_time()
        await Worker([Post(house.looks), Post(house.restocks)], house.clock).until_idle()
        print(f"  looking and writing the deliveries: {time.process_time() - started:.1f} s CPU")


def work(settings: dict[str, Any]) -> None:
    """Be the measured worker."""
    asyncio.run(run(Config.model_validate(settings), web=None, work=True))


async def watch(config: Config, klaviyo: SandboxKlaviyo, count: int) -> Seen:
    """Start the worker and note when its first and its last bulk call were answered."""
    seen, started = Seen(), time.perf_counter()
    process = nursery.Process(target=work, args=(config.model_dump(),), daemon=True)
    process.start()
    calls = -(-count // PER_CALL)
    while klaviyo.answers[BULK, 202] < calls and time.perf_counter() - started < LONGEST:
        if klaviyo.calls[BULK] and not seen.first_call:
            seen.first_call, seen.cpu_at_first = time.perf_counter(), cpu_of(process)
        await asyncio.sleep(0.002)
    seen.last_call, seen.cpu_at_last = time.perf_counter(), cpu_of(process)
    seen.memory = memory_of(process)
    seen.refused = klaviyo.answers[BULK, 429]
    process.terminate()
    await asyncio.to_thread(process.join)
    return seen


async def report(klaviyo: SandboxKlaviyo, count: int, seen: Seen, *, filled: bool) -> None:
    took, allowed = seen.last_call - seen.first_call, (count / PER_CALL - 1) / PER_SECOND
    await asyncio.sleep(2)  # the double shows events a second late
    keys = [event.unique_id for event in klaviyo.events(METRIC)]
    cpu = (seen.cpu_at_last - seen.cpu_at_first) / count * 1000
    print(
        f"{'deliveries written before' if filled else 'the whole way'}: {took:.2f} s for {count:,}, "
        f"{took / allowed:.2f} of what the limits allow; {seen.refused} calls refused\n"
        f"  lost {count - len(set(keys))}, doubled {len(keys) - len(set(keys))}; "
        f"CPU per event {cpu:.3f} ms; memory {seen.memory:.0f} MB"
    )


def cpu_of(process: BaseProcess) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(process: BaseProcess) -> float:
    """Return the resident megabytes of a process."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        return [one.getsockname()[1], other.getsockname()[1]]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
