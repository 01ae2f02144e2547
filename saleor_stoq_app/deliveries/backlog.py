"""What waits in the database, counted over partial indexes for whoever watches."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from saleor_stoq_app.database.tables import deliveries, jobs, watches
from saleor_stoq_app.deliveries.ledger import State


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of a kind wait, and since when the oldest that is due; None: none is due."""

    what: str
    count: int
    oldest_due_at: datetime | None


def read(conn: sa.Connection, now: datetime) -> list[Waiting]:
    """Count open deliveries by stage and state, and the watches and jobs that are due."""
    rows = conn.execute(_open(now)).all()
    found = [Waiting(f"{stage} {state}", count, oldest) for stage, state, count, oldest in rows]
    parked = sa.select(sa.func.count()).where(deliveries.c.state == State.PARKED)
    found.append(Waiting("parked", conn.scalar(parked) or 0, None))
    for what, table, due_at in (
        ("watches due", watches, watches.c.due_at),
        ("jobs due", jobs, jobs.c.run_at),
    ):
        due = sa.select(sa.func.count(), sa.func.min(due_at)).select_from(table).where(due_at <= now)
        found.append(Waiting(what, *conn.execute(due).one()))
    return found


def _open(now: datetime) -> "sa.Select[str, str, int, datetime | None]":
    due = sa.case((deliveries.c.due_at <= now, deliveries.c.due_at))
    return (
        sa.select(deliveries.c.stage, deliveries.c.state, sa.func.count(), sa.func.min(due))
        .where(deliveries.c.due_at.is_not(None))
        .group_by(deliveries.c.stage, deliveries.c.state)
    )
