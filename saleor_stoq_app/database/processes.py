"""Who else runs: heartbeats, and why a second process may have to refuse its start.

SQLite belongs to one process; the operating system's lock on a file beside it says which, and is
gone in the moment in which that process dies. With PostgreSQL many may run if they share a Redis,
for each paces the calls to providers by what it finds there.
"""

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import processes
from saleor_stoq_app.database.upsert import insert
from saleor_stoq_app.errors import Misconfigured

BEAT_SECONDS = 5.0
ALIVE_SECONDS = 15.0

ONE_FOR_SQLITE = (
    "Another process already works with this SQLite database. SQLite serves one process: "
    "stop the other one, or set STOQ_DATABASE_URL to a PostgreSQL and STOQ_REDIS_URL to a Redis."
)
ONE_WITHOUT_REDIS = (
    "Another process already works with this database, and the two do not share a Redis, so together "
    "they would call providers too often: set STOQ_REDIS_URL to the same Redis for every process."
)


@dataclass(frozen=True, slots=True)
class Process:
    """One running process of ours, as it last said."""

    id: str
    role: str
    shares_redis: bool
    seen_at: datetime


def heartbeat(conn: sa.Connection, me: Process) -> None:
    """Say that this process lives; belongs into `Database.write`, every `BEAT_SECONDS`."""
    new = insert(conn, processes).values(
        id=me.id, role=me.role, shares_redis=me.shares_redis, seen_at=me.seen_at
    )
    conn.execute(
        new.on_conflict_do_update(index_elements=[processes.c.id], set_={"seen_at": new.excluded.seen_at})
    )


def leave(conn: sa.Connection, process_id: str, now: datetime) -> None:
    """Take this process off the list, and the long dead with it."""
    dead = processes.c.seen_at < now - timedelta(days=1)
    conn.execute(sa.delete(processes).where(sa.or_(processes.c.id == process_id, dead)))


def others_alive(conn: sa.Connection, process_id: str, now: datetime) -> list[Process]:
    """Return the other processes that were heard of lately."""
    lately = now - timedelta(seconds=ALIVE_SECONDS)
    rows = conn.execute(
        sa.select(processes).where(processes.c.id != process_id, processes.c.seen_at > lately)
    )
    return [Process(**row) for row in rows.mappings()]


def hold(path: Path) -> int:
    """Lock an SQLite database for this process; the lock ends with the process or with `os.close`.

    Raises:
        Misconfigured: another process holds it.
    """
    held = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise Misconfigured(ONE_FOR_SQLITE) from error
    return held


def _would_harm(me: Process, others: Sequence[Process]) -> list[Process]:
    return [other for other in others if not (me.shares_redis and other.shares_redis)]


class Presence:
    """This process among the others: may it start, does it live, has it left."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        role: str,
        shares_redis: bool,
        id: str = "",  # noqa: A002 - named like the column
    ) -> None:
        self._database = database
        self._clock = clock
        self._me = Process(id or new_id(clock.now()), role, shares_redis, clock.now())
        self._lock: int | None = None

    async def arrive(self) -> None:
        """Take a place among the running processes.

        Raises:
            Misconfigured: another one lives, and the two must not run together.
        """
        path = self._database.engine.url.database
        if self._database.sqlite and path:
            self._lock = hold(Path(path))
        await self.beat()
        if not self._database.sqlite:
            await self._check_alone()

    async def beat(self) -> None:
        """Say that this process lives; to be repeated every `BEAT_SECONDS`."""
        me = replace(self._me, seen_at=self._clock.now())
        await self._database.write(lambda conn: heartbeat(conn, me))

    async def leave(self) -> None:
        now = self._clock.now()
        await self._database.write(lambda conn: leave(conn, self._me.id, now))
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _check_alone(self) -> None:
        """A heartbeat may be the last one of a process that died: it counts if it moves."""
        before = await self._harmful()
        if not before:
            return
        await self._clock.sleep(2 * BEAT_SECONDS)
        await self.beat()  # of two that start together, one at least sees the other move
        if set(await self._harmful()) - set(before):
            await self.leave()
            raise Misconfigured(ONE_WITHOUT_REDIS)

    async def _harmful(self) -> list[Process]:
        now = self._clock.now()
        others = await self._database.read(lambda conn: others_alive(conn, self._me.id, now))
        return _would_harm(self._me, others)
