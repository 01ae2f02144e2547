"""Time as a dependency: the one clock that everything asks, so that tests can turn it."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time (aware, UTC) and waits."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FastClock:
    """A clock that runs `speed` times as fast as the machine's, for showing in seconds what takes minutes."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + (datetime.now(UTC) - self._start) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


class ManualClock:
    """A clock that moves only when told; `sleep` returns at once after moving it."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def new_id(now: datetime) -> str:
    """Return 32 hex digits that sort by time and never repeat, also across databases.

    They become part of `told_key` and so of a provider's `unique_id`: a number that starts again
    with a new database would make the provider drop new messages as repeats.
    """
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def process_id(now: datetime) -> str:
    """Return 20 hex digits for one process of ours."""
    return new_id(now)[:20]


def lease_id(process: str) -> str:
    """Return 32 hex digits that say which process holds a lease."""
    return process + secrets.token_hex(6)
