"""Connecting a provider that keeps consent records there the consents of everyone who waits."""

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.database.tables import signups
from saleor_stoq_app.deliveries import ledger
from saleor_stoq_app.deliveries.ledger import About
from saleor_stoq_app.events import AlertType, Medium, Stage

KIND = "consents.backfill"
CHUNK = 500


class ConsentBackfill:
    """Writes the consents of open signups that this account does not hold, a chunk at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, job: Job) -> timedelta | None:
        shop_id, now = str(job.shop_id), self._clock.now()
        provider, generation = str(job.payload["provider"]), int(job.payload["generation"])
        about = About(shop_id, AlertType.BACK_IN_STOCK, Stage.CONSENT, Medium.SMS, provider)
        cursor: str | None = ""
        while cursor is not None:
            write = partial(chunk, about=about, generation=generation, cursor=cursor, now=now)
            cursor = await self._database.write(write)
        return None


def chunk(conn: sa.Connection, about: About, generation: int, cursor: str, now: datetime) -> str | None:
    """Write one chunk; return the cursor of the next, or None at the end."""
    waiting = (
        sa.select(signups.c.id)
        .where(
            signups.c.shop_id == about.shop_id,
            signups.c.id > cursor,
            signups.c.closed_at.is_(None),
            signups.c.confirmed_at.is_not(None),
        )
        .order_by(signups.c.id)
    )
    first = waiting.limit(CHUNK).subquery()
    count, last = conn.execute(sa.select(sa.func.count(), sa.func.max(first.c.id))).one()
    upto = waiting.where(signups.c.id <= (last or "")).subquery()  # also what was committed since the count
    ledger.add_consents(conn, about, upto.c.id, generation, now)
    return last if count == CHUNK else None
