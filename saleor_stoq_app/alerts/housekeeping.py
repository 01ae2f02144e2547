"""Lets nothing be forgotten: watches are what is waited for, and what is parked has a reason to be."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.alerts.accounts import age, routes
from saleor_stoq_app.alerts.watches import in_line, lock
from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.database.tables import connections, deliveries, restocks, shops, signups, watches
from saleor_stoq_app.database.times import Utc
from saleor_stoq_app.database.upsert import insert
from saleor_stoq_app.deliveries import returns
from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.connections import CONNECTED

KIND = "watches.tidy"
EVERY = timedelta(hours=1)


class Housekeeping:
    """Runs once an hour."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._choices = Choices(database, clock)

    async def __call__(self, job: Job) -> timedelta | None:  # noqa: ARG002 - the job has no subject
        now = self._clock.now()
        await self._database.write(forget)
        await self._database.write(lambda conn: remember(conn, now))
        for shop_id in await self._database.read(parked):
            await self._release(shop_id, now)
        return EVERY

    async def _release(self, shop_id: str, now: datetime) -> None:
        """Try again what was parked in the very moment in which the merchant mended the cause."""
        settings = await self._choices.of(shop_id)
        oldest = now - age(settings.back_in_stock)
        await self._database.write(
            lambda conn: returns.release(conn, shop_id, routes(settings), now, created_after=oldest)
        )


def parked(conn: sa.Connection) -> list[str]:
    """Return the shops with parked deliveries whose account has no known problem."""
    mended = sa.exists().where(
        connections.c.shop_id == shops.c.id,
        connections.c.status == CONNECTED,
        connections.c.problem == "",
        deliveries.c.shop_id == shops.c.id,
        deliveries.c.state == State.PARKED,
    )
    return list(conn.scalars(sa.select(shops.c.id).where(shops.c.status == "active", mended)))


def _same(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        table.c.shop_id == watches.c.shop_id,
        table.c.variant_id == watches.c.variant_id,
        table.c.channel == watches.c.channel,
    )


def forget(conn: sa.Connection) -> None:
    """Drop watches that nobody waits for and whose restock is over.

    They are locked first: a signup that is being written then commits before the second look at it.
    """
    waited = sa.exists().where(*_same(signups), signups.c.closed_at.is_(None))
    running = sa.exists().where(*_same(restocks), restocks.c.closed_at.is_(None))
    idle = (~waited, ~running)
    lock(conn, in_line().where(*idle))
    conn.execute(sa.delete(watches).where(*idle))


def remember(conn: sa.Connection, now: datetime) -> None:
    """Watch again what a signup waits for and a tidying at the same moment dropped."""
    watched = sa.exists().where(*_same(signups))
    wanted = (
        sa.select(
            signups.c.shop_id,
            signups.c.variant_id,
            signups.c.channel,
            sa.literal(now, Utc),
            sa.literal(0),
            sa.literal(now, Utc),
        )
        .where(signups.c.closed_at.is_(None), signups.c.proved_at.is_not(None), ~watched)
        .distinct()
    )
    columns = ["shop_id", "variant_id", "channel", "due_at", "hints", "created_at"]
    conn.execute(insert(conn, watches).from_select(columns, wanted).on_conflict_do_nothing())
