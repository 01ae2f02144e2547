"""One time that a variant came back in a channel: who is owed an alert while it is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.alerts.watches import Watch
from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import restocks, shops, signups
from saleor_stoq_app.deliveries import ledger
from saleor_stoq_app.events import AlertType, Medium, Stage
from saleor_stoq_app.settings.choices import Choices

CHUNK = 500
SLOW = timedelta(minutes=1)
"""How long the transaction of a signup may take; its id carries the moment at which it began."""

DONE = "z"
"""The cursor of a pass that reached the end: it sorts behind every id."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A restock about to open; `held` says why nobody is told yet (law 3), or is empty."""

    id: str
    units: int | None
    at: datetime
    joins: timedelta
    held: str


def _open_for(shop_id: str, variant_id: str, channel: str) -> Sequence[sa.ColumnElement[bool]]:
    return (
        restocks.c.shop_id == shop_id,
        restocks.c.variant_id == variant_id,
        restocks.c.channel == channel,
        restocks.c.closed_at.is_(None),
    )


def is_open(connection: sa.Connection, shop_id: str, watch: Watch) -> bool:
    found = sa.exists().where(*_open_for(shop_id, watch.variant_id, watch.channel))
    return bool(connection.scalar(sa.select(found)))


def open_one(connection: sa.Connection, shop_id: str, watch: Watch, opening: Opening) -> None:
    connection.execute(
        sa.insert(restocks).values(
            id=opening.id,
            shop_id=shop_id,
            variant_id=watch.variant_id,
            channel=watch.channel,
            units=opening.units,
            opened_at=opening.at,
            joins_until=opening.at + opening.joins,
            held=opening.held,
            cursor="",
            due_at=None if opening.held else opening.at,
        )
    )


def close(connection: sa.Connection, shop_id: str, watch: Watch, now: datetime) -> None:
    connection.execute(
        sa.update(restocks)
        .where(*_open_for(shop_id, watch.variant_id, watch.channel))
        .values(closed_at=now, due_at=None)
    )


_JOIN = (
    sa.update(restocks)
    .where(
        restocks.c.shop_id == sa.bindparam("of_shop"),
        restocks.c.variant_id == sa.bindparam("of_variant"),
        restocks.c.channel == sa.bindparam("of_channel"),
        restocks.c.closed_at.is_(None),
        restocks.c.joins_until >= sa.bindparam("now"),
        restocks.c.held == "",
    )
    .values(
        cursor=sa.case(
            (restocks.c.cursor > sa.bindparam("begun"), sa.bindparam("begun")), else_=restocks.c.cursor
        ),
        due_at=sa.case(
            (restocks.c.due_at < sa.bindparam("now"), restocks.c.due_at), else_=sa.bindparam("now")
        ),
    )
)


def join(connection: sa.Connection, shop_id: str, variant_id: str, channel: str, now: datetime) -> None:
    """Let a new signup join the restock that has just opened, if there is one (law 2).

    The cursor goes back by a minute at most, because a signup whose transaction was slow may sort before
    it; going back further would let those who join keep a long pass from ever reaching its end.
    """
    which = {"of_shop": shop_id, "of_variant": variant_id, "of_channel": channel}
    connection.execute(_JOIN, which | {"now": now, "begun": _id_at(now - SLOW)})


def _id_at(moment: datetime) -> str:
    """Return what sorts before every id made from that moment on."""
    return f"{int(moment.timestamp() * 1000):012x}"


class Restocks:
    """Writes the deliveries of open restocks, a chunk per turn, so that no transaction blocks the writer."""

    def __init__(self, *, database: Database, clock: Clock, choices: Choices) -> None:
        self._database = database
        self._clock = clock
        self._choices = choices

    async def due(self) -> list[str]:
        now = self._clock.now()
        due = sa.exists().where(restocks.c.shop_id == shops.c.id, restocks.c.due_at <= now)
        wanted = sa.select(shops.c.id).where(shops.c.status == "active", due)
        return await self._database.read(lambda connection: list(connection.scalars(wanted)))

    async def turn(self, shop_id: str) -> float | None:
        """Write one chunk of one restock; return 0 if more waits, None if not."""
        now = self._clock.now()
        provider = (await self._choices.of(shop_id)).sender(AlertType.BACK_IN_STOCK, Medium.SMS)
        return await self._database.write(lambda connection: fill(connection, shop_id, provider, now))


def fill(connection: sa.Connection, shop_id: str, provider: str, now: datetime) -> float | None:
    """Write up to 500 deliveries of the restock that is due first, and move its cursor."""
    row = connection.execute(
        sa.select(restocks)
        .where(restocks.c.shop_id == shop_id, restocks.c.due_at <= now)
        .order_by(restocks.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    waiting = sa.select(signups.c.id).where(*_owed(row)).order_by(signups.c.id)
    chunk = waiting.limit(CHUNK).subquery()
    count, last = connection.execute(sa.select(sa.func.count(), sa.func.max(chunk.c.id))).one()
    if count:
        about = ledger.About(shop_id, AlertType.BACK_IN_STOCK, Stage.ALERT, Medium.SMS, provider)
        upto = waiting.where(signups.c.id <= last).subquery()  # also what was committed since the count
        ledger.add_alerts(connection, about, upto.c.id, row.id, now)
    _move_on(connection, row, last if count == CHUNK else None)
    return 0


def _owed(row: "sa.Row[tuple[object, ...]]") -> Sequence[sa.ColumnElement[bool]]:
    """Choose who waits behind the cursor; the last pass begins with those who asked while it opened."""
    start = _id_at(row.opened_at - SLOW) if row.cursor == DONE else row.cursor
    return (
        signups.c.shop_id == row.shop_id,
        signups.c.variant_id == row.variant_id,
        signups.c.channel == row.channel,
        signups.c.id > start,
        signups.c.closed_at.is_(None),
        signups.c.confirmed_at.is_not(None),
        signups.c.created_at <= row.joins_until,
    )


def _move_on(connection: sa.Connection, row: "sa.Row[tuple[object, ...]]", last: str | None) -> None:
    """Set the cursor, or end the pass; a last one comes when every signup that may join is committed.

    While a pass runs its `due_at` stays the moment at which it began.
    """
    last_pass = row.joins_until + SLOW
    ended = {"cursor": DONE, "due_at": last_pass if row.due_at < last_pass else None}
    values = {"cursor": last} if last else ended
    connection.execute(sa.update(restocks).where(restocks.c.id == row.id).values(values))
