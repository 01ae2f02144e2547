"""Carries out durable jobs: claims them, calls the handler of their kind, and keeps what failed for later."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, lease_id
from saleor_stoq_app.database import jobs
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.database.tables import jobs as table
from saleor_stoq_app.errors import StoqError
from saleor_stoq_app.log import get

LEASE_SECONDS = 300.0
FIRST_WAIT = 30.0
LONGEST_WAIT = 3600.0
ALL = "jobs"

Handler = Callable[[Job], Awaitable[timedelta | None]]
"""Does a job; returns after which time it wants to run again, or None if it is done for good."""

log = get(__name__)


class Jobs:
    """Works off due jobs of the known kinds, one per turn."""

    def __init__(
        self, database: Database, clock: Clock, handlers: Mapping[str, Handler], process: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._process = process

    async def due(self) -> list[str]:
        now, kinds = self._clock.now(), list(self._handlers)
        due = sa.select(sa.exists().where(table.c.run_at <= now, table.c.kind.in_(kinds)))
        return [ALL] if await self._database.read(lambda conn: conn.scalar(due)) else []

    async def turn(self, _shop_id: str) -> float | None:
        """Do one job; return 0 if more may be due, None if none was."""
        now = self._clock.now()
        claimed = await self._database.write(
            lambda conn: jobs.claim(
                conn,
                now=now,
                lease_id=lease_id(self._process),
                lease_seconds=LEASE_SECONDS,
                kinds=list(self._handlers),
                limit=1,
            )
        )
        for job in claimed:
            await self._do(job)
        return 0 if claimed else None

    async def _do(self, job: Job) -> None:
        try:
            again = await self._handlers[job.kind](job)
        except StoqError as error:
            log.warning("job.failed", kind=job.kind, job=job.id, error=error.code)
            message, run_at = error.message, self._clock.now() + _back_off(job.attempts)
            await self._database.write(lambda conn: jobs.fail(conn, job, message, run_at))
            return
        now = self._clock.now()
        await self._database.write(
            lambda conn: jobs.finish(conn, job) if again is None else jobs.again(conn, job, now + again)
        )


def _back_off(attempts: int) -> timedelta:
    return timedelta(seconds=min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT))


def return_leases(conn: sa.Connection, now: datetime, process_id: str) -> None:
    """Make due at once what a dead process was doing."""
    held = (table.c.lease.startswith(process_id), table.c.run_at > now)
    conn.execute(sa.update(table).where(*held).values(lease=None, run_at=now))
