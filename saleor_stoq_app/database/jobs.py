"""Durable work that is no delivery: asked for once by name, leased by one worker, tried again later.

A lease is `run_at` pushed into the future: when its holder dies, the job is simply due again. Only
the holder's lease may finish a job or give it back. Every function belongs into `Database.write`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.database.tables import jobs
from saleor_stoq_app.database.upsert import insert
from saleor_stoq_app.log import clean


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the hands of the worker that leased it; `attempts` counts this one too."""

    id: str
    shop_id: str | None
    kind: str
    payload: dict[str, Any]
    attempts: int
    lease: str


def enqueue(
    conn: sa.Connection,
    *,
    id: str,  # noqa: A002 - named like the column
    kind: str,
    unique_key: str,
    payload: dict[str, Any],
    run_at: datetime,
    shop_id: str | None = None,
) -> None:
    """Ask for a job; what is asked for twice under one key runs once, at the earlier time.

    A job that is asked for while it runs keeps its lease and runs once more: after the lease.
    A job that wants to come back says so with `again`, never by asking for its own key.
    """
    new = insert(conn, jobs).values(
        id=id,
        shop_id=shop_id,
        kind=kind,
        unique_key=unique_key,
        payload=payload,
        run_at=run_at,
        attempts=0,
        last_error="",
    )
    sooner = sa.and_(jobs.c.lease.is_(None), new.excluded.run_at < jobs.c.run_at)
    conn.execute(
        new.on_conflict_do_update(
            index_elements=[jobs.c.unique_key],
            set_={"attempts": 0, "run_at": sa.case((sooner, new.excluded.run_at), else_=jobs.c.run_at)},
        )
    )


def claim(
    conn: sa.Connection,
    *,
    now: datetime,
    lease_id: str,
    lease_seconds: float,
    kinds: Sequence[str],
    limit: int,
) -> list[Job]:
    """Lease the jobs that have been due for longest; the oldest of them comes first."""
    due = (
        sa.select(jobs.c.id)
        .where(jobs.c.run_at <= now, jobs.c.kind.in_(kinds))
        .order_by(jobs.c.run_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = conn.execute(
        sa.update(jobs)
        .where(_among(conn, due))
        .values(
            lease=lease_id,
            run_at=now + timedelta(seconds=lease_seconds),
            attempts=jobs.c.attempts + 1,
        )
        .returning(jobs.c.id, jobs.c.shop_id, jobs.c.kind, jobs.c.payload, jobs.c.attempts, jobs.c.lease)
    )
    return sorted((Job(*row) for row in rows), key=lambda job: job.id)


def finish(conn: sa.Connection, job: Job) -> bool:
    """Forget a job that is done, unless it was asked for again meanwhile; False: the lease was lost."""
    done = conn.execute(sa.delete(jobs).where(_held(job), jobs.c.attempts == job.attempts))
    if done.rowcount:
        return True
    return conn.execute(sa.update(jobs).where(_held(job)).values(lease=None)).rowcount == 1


def again(conn: sa.Connection, job: Job, run_at: datetime) -> bool:
    """Put a job back as if newly asked for, such as a sweep; False: the lease was lost."""
    return _put_back(conn, job, run_at, attempts=0, last_error="")


def fail(conn: sa.Connection, job: Job, error: str, run_at: datetime) -> bool:
    """Put a job back that could not be done, and keep why; False: the lease was lost."""
    return _put_back(conn, job, run_at, attempts=jobs.c.attempts, last_error=clean(error))


def _put_back(conn: sa.Connection, job: Job, run_at: datetime, **values: Any) -> bool:
    back = sa.update(jobs).where(_held(job)).values(lease=None, run_at=run_at, **values)
    return conn.execute(back).rowcount == 1


def _held(job: Job) -> sa.ColumnElement[bool]:
    return sa.and_(jobs.c.id == job.id, jobs.c.lease == job.lease)


def _among(conn: sa.Connection, due: sa.Select[str]) -> sa.ColumnElement[bool]:
    """Choose the rows in one statement.

    PostgreSQL evaluates ARRAY(...) once; it turns IN (...) into a scan of the table (stack.md section 2).
    """
    if conn.dialect.name == "sqlite":
        return jobs.c.id.in_(due)
    return jobs.c.id == sa.any_(sa.func.array(due.scalar_subquery(), type_=sa.ARRAY(sa.String)))
