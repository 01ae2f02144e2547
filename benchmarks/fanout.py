"""A fan-out to 100,000 shoppers, measured against what Klaviyo's own limits allow.

Prints ratios of one run. The doubles live in this process, the worker in one of its own.
"""

import asyncio
import contextlib
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks import shop as bench
from saleor_stoq_app.alerts.watches import hint
from saleor_stoq_app.cli.running import listen, run
from saleor_stoq_app.clock import SystemClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.sandbox.klaviyo import Account, SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.wiring import House, open_house
from saleor_stoq_app.worker import Post, Worker

HOST = "127.0.0.1"
METRIC = "Back in stock SMS alert (STOQ)"
BULK = "POST /api/event-bulk-create-jobs"
SINGLE = "POST /api/events"
PER_CALL, PER_SECOND = 1_000, 10
SMALL = 10
SETTLE = 5.0
STARTING = 5.0
LONGEST = 300.0
nursery = multiprocessing.get_context("spawn")


@dataclass
class Seen:
    """What the double and the operating system saw."""

    hinted: float = 0.0
    first_call: float = 0.0
    small_told: float = 0.0
    last_call: float = 0.0
    cpu_at_first: float = 0.0
    cpu_at_last: float = 0.0
    refused: int = 0
    memory: float = 0.0


def main(count: int) -> None:
    for filled in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(count, Path(folder), filled=filled))


@dataclass
class Shop:
    """A shop with a Klaviyo account of its own."""

    saleor: SandboxSaleor
    account: Account
    shop_id: str
    variant_id: str

    async def restock(self, house: House) -> None:
        """Put units on the shelf and say so, as a webhook would."""
        self.saleor.stock.update(self.variant_id, 10)
        due_at = house.clock.now() + timedelta(seconds=house.config.settle_seconds)
        await house.database.write(lambda conn: hint(conn, self.shop_id, [self.variant_id], due_at))


async def measure(count: int, folder: Path, *, filled: bool) -> None:
    """Run one fan-out beside a small shop; `filled`: the deliveries are written before the worker starts."""
    stop, clock, ports = asyncio.Event(), SystemClock(), free_ports(3)
    klaviyo = SandboxKlaviyo(clock, Phones())
    doubles = [SandboxSaleor(clock, api_url=f"http://{HOST}:{port}/graphql/") for port in ports[:2]]
    config = Config(
        data_dir=folder,
        allowed_saleor_urls=tuple(saleor.shop.api_url for saleor in doubles),
        allow_private_networks=True,
        klaviyo_api_url=f"http://{HOST}:{ports[2]}",
    )
    apps = [saleor.app for saleor in doubles] + [klaviyo.app]
    servers = [
        asyncio.create_task(listen(app, HOST, port, stop)) for app, port in zip(apps, ports, strict=True)
    ]
    async with open_house(config) as house:
        big = await prepare(house, doubles[0], klaviyo, klaviyo.account, count)
        small = await prepare(house, doubles[1], klaviyo, klaviyo.add_account("Small"), SMALL)
        if filled:
            await big.restock(house)
            await fill(house)
        seen = await watch(house, klaviyo, big, small, count)
    await report(klaviyo, big, count, seen, filled=filled)
    stop.set()
    await asyncio.gather(*servers, *(saleor.close() for saleor in doubles))


async def prepare(
    house: House, saleor: SandboxSaleor, klaviyo: SandboxKlaviyo, account: Account, count: int
) -> Shop:
    variant_id = saleor.add_product("Floral Shirt", variants={"Medium": 0}).variant_id
    klaviyo.add_flow(METRIC, account=account)
    shop = await bench.install(house, saleor, klaviyo.add_key(account=account))
    await bench.wait_for(house, shop, variant_id, count)
    for number in range(count):
        klaviyo.opt_in(bench.phone(number), account=account)
    return Shop(saleor, account, shop.id, variant_id)


async def fill(house: House) -> None:
    """Look and write the deliveries, in this process."""
    await house.clock.sleep(house.config.settle_seconds)
    started = time.process_time()
    await Worker([Post(house.looks), Post(house.restocks)], house.clock).until_idle()
    print(f"  looking and writing the deliveries: {time.process_time() - started:.1f} s CPU")


def work(settings: dict[str, Any]) -> None:
    """Be the measured worker."""
    asyncio.run(run(Config.model_validate(settings), web=None, work=True))


async def watch(house: House, klaviyo: SandboxKlaviyo, big: Shop, small: Shop, count: int) -> Seen:
    """Start the worker, restock the big shop and then the small one, and note when what was answered."""
    process = nursery.Process(target=work, args=(house.config.model_dump(),), daemon=True)
    process.start()
    await asyncio.sleep(STARTING)
    if not klaviyo.calls[BULK]:
        await big.restock(house)
    seen, started, calls = Seen(hinted=time.perf_counter()), time.perf_counter(), -(-count // PER_CALL)
    while klaviyo.answers[BULK, 202] < calls and time.perf_counter() - started < LONGEST:
        if klaviyo.calls[BULK] and not seen.first_call:
            seen.first_call, seen.cpu_at_first = time.perf_counter(), cpu_of(process)
            await small.restock(house)
        if klaviyo.answers[SINGLE, 202] >= SMALL and not seen.small_told:
            seen.small_told = time.perf_counter()
        await asyncio.sleep(0.002)
    seen.last_call, seen.cpu_at_last = time.perf_counter(), cpu_of(process)
    seen.memory, seen.refused = memory_of(process), klaviyo.answers[BULK, 429]
    process.terminate()
    await asyncio.to_thread(process.join)
    return seen


async def report(klaviyo: SandboxKlaviyo, big: Shop, count: int, seen: Seen, *, filled: bool) -> None:
    took, allowed = seen.last_call - seen.first_call, (count / PER_CALL - 1) / PER_SECOND
    await asyncio.sleep(2)  # the double shows events a second late
    keys = [event.unique_id for event in klaviyo.events(METRIC, account=big.account)]
    cpu = (seen.cpu_at_last - seen.cpu_at_first) / count * 1000
    print(
        f"{'deliveries written before' if filled else 'the whole way'}: {took:.2f} s for {count:,}, "
        f"{took / allowed:.2f} of what the limits allow; {seen.refused} calls refused\n"
        f"  lost {count - len(set(keys))}, doubled {len(keys) - len(set(keys))}; "
        f"CPU per event {cpu:.3f} ms; memory {seen.memory:.0f} MB"
    )
    if not filled:
        print(f"  hint to first call: {seen.first_call - seen.hinted:.1f} s, {SETTLE:.0f} s of it settling")
    if seen.small_told:
        beside = (seen.small_told - seen.first_call) / SETTLE
        print(f"  a shop of {SMALL} restocked meanwhile: told after {beside:.2f} of the settle time")


def cpu_of(process: BaseProcess) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(process: BaseProcess) -> float:
    """Return the resident megabytes of a process."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
