"""The traffic of `webhook_intake`: a flood, arrivals on new connections, forgeries, and what they cost."""

import asyncio
import os
import shutil
import statistics
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.webhook_servers import PATH

CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Server:
    """A process under load, as the kernel sees it."""

    pid: int
    port: int

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def megabytes(self) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@dataclass(frozen=True, slots=True)
class Flood:
    """What a server did under full load."""

    per_second: float
    cpu_ms: float


def request(body: bytes, headers: dict[str, str]) -> bytes:
    said = {"Host": "127.0.0.1", "Content-Length": str(len(body))} | headers
    lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def flood(server: Server, folder: Path, body: bytes, headers: dict[str, str], seconds: int) -> Flood:
    load = _wrk if shutil.which("wrk") else _own
    cpu, began = server.cpu_seconds, time.perf_counter()
    done = await load(server, folder, body, headers, seconds)
    took, cpu = time.perf_counter() - began, server.cpu_seconds - cpu
    return Flood(done / took, 1000 * cpu / done)


async def _wrk(server: Server, folder: Path, body: bytes, headers: dict[str, str], seconds: int) -> int:
    script = folder / "post.lua"
    said = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    counted = 'done = function(s) io.write("done ", s.requests, " failed ", s.errors.status, "\\n") end'
    script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{body.decode()}]==]\n{said}\n{counted}\n')
    url = f"http://127.0.0.1:{server.port}{PATH}"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
    said = (
        await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    ).stdout
    _, done, _, failed = next(line for line in said.splitlines() if line.startswith("done")).split()
    assert failed == "0", said
    return int(done)


async def _own(server: Server, _folder: Path, body: bytes, headers: dict[str, str], seconds: int) -> int:
    until = time.perf_counter() + seconds

    async def keep_posting() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        done = 0
        while time.perf_counter() < until:
            assert await _exchange(reader, writer, request(body, headers)) == 200
            done += 1
        writer.close()
        return done

    return sum(await asyncio.gather(*(keep_posting() for _ in range(CONNECTIONS))))


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> int:
    writer.write(raw)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r")[0]))
    return int(head.split()[1])


async def post_once(server: Server, raw: bytes) -> tuple[int, float]:
    """Post on a new connection, as Saleor does; return status and seconds."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    status = await _exchange(reader, writer, raw)
    took = time.perf_counter() - began
    writer.close()
    return status, took


async def arrivals(server: Server, raw: bytes, rate: int, seconds: int) -> tuple[float, float]:
    """Post at a steady rate whatever the answers take; return p50 and p99 in milliseconds."""
    began, posts = time.perf_counter(), []
    for number in range(rate * seconds):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        posts.append(asyncio.create_task(post_once(server, raw)))
    answers = await asyncio.gather(*posts)
    assert {status for status, _ in answers} == {200}
    cuts = statistics.quantiles([took * 1000 for _, took in answers], n=100)
    return cuts[49], cuts[98]


async def forge(server: Server, body: bytes, headers: dict[str, str], count: int) -> dict[int, int]:
    """Post bodies that the signature does not fit, all at once; return how often each status came."""
    raw = request(body.replace(b"x", b"y"), headers)
    answers = await asyncio.gather(*(post_once(server, raw) for _ in range(count)))
    return dict(Counter(status for status, _ in answers))
