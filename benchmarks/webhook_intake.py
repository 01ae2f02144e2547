"""Webhook intake, verified and durably recorded, against a bare route that only verifies.

Run: python -m benchmarks.webhook_intake [database url]. Both servers run in this one run, each in a
process of its own under uvicorn, driven by `wrk` where it is installed. Ratios of one run may be
compared; figures hold for the machine and the minute.
"""

import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.webhook_servers import prepare
from benchmarks.webhook_traffic import Flood, Server, arrivals, flood, forge, request

ROUNDS, SECONDS, RATE = 3, 4, 200
FLOOR, GOAL = 0.45, 0.65


@contextmanager
def running(name: str, folder: Path, database_url: str) -> Iterator[Server]:
    command = [sys.executable, "-m", "benchmarks.webhook_servers", name, str(folder), database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process.pid, int(process.stdout.readline()))
        finally:
            process.terminate()


class Keys:
    """The shop's side: hands out its keys and counts who asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fetches = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.fetches += 1
        body = (self.folder / "jwks.json").read_bytes()
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode())
        writer.write(body)
        await writer.drain()
        writer.close()


async def throughput(servers: dict[str, Server], folder: Path, body: bytes, headers: dict[str, str]) -> None:
    seen: dict[str, list[Flood]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            seen[name].append(await flood(server, folder, body, headers, SECONDS))
    for name, floods in seen.items():
        rate = statistics.median(it.per_second for it in floods)
        cost = statistics.median(it.cpu_ms for it in floods)
        print(f"  {name:5} {rate:7,.0f} req/s   {cost:.3f} ms CPU per request")
    ratios = [own.per_second / bare.per_second for own, bare in zip(seen["ours"], seen["bare"], strict=True)]
    said = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"  ratio {statistics.median(ratios):.2f} (rounds {said}; floor {FLOOR}, goal {GOAL})")


async def latency(servers: dict[str, Server], raw: bytes) -> None:
    p99 = {}
    for name, server in servers.items():
        p50, p99[name] = await arrivals(server, raw, RATE, SECONDS)
        print(f"  {name:5} p50 {p50:.2f} ms, p99 {p99[name]:.2f} ms at {RATE}/s, each on a new connection")
    print(f"  p99 ratio {p99['ours'] / p99['bare']:.2f} (goal 2.0)")


async def measure(folder: Path, database_url: str) -> None:
    keys = Keys(folder)
    saleor = await asyncio.start_server(keys, "127.0.0.1", 0)
    body, headers = await prepare(folder, database_url, saleor.sockets[0].getsockname()[1])
    load = "wrk" if shutil.which("wrk") else "asyncio"
    print(f"webhook intake on {database_url.partition(':')[0]}, {len(body)} bytes, load by {load}")
    with running("bare", folder, database_url) as bare, running("ours", folder, database_url) as ours:
        servers = {"bare": bare, "ours": ours}
        await latency(servers, request(body, headers))
        before = ours.megabytes
        await throughput(servers, folder, body, headers)
        print(f"  memory of ours {ours.megabytes:.0f} MB, {ours.megabytes - before:+.0f} MB under load")
        answers = await forge(ours, body, headers, 50)
        print(f"  50 forged posts: answers {answers}, {keys.fetches} fetch of the shop's keys")
    saleor.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stoq-bench-") as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/bench.sqlite3"
        asyncio.run(measure(Path(folder), url))


if __name__ == "__main__":
    main()
