"""The ledger: one row per thing told, leased before the call and settled after it (law 5)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa

from saleor_stoq_app.database.tables import deliveries, shops
from saleor_stoq_app.database.times import Utc
from saleor_stoq_app.database.upsert import insert
from saleor_stoq_app.events import AlertType, Medium, Stage

Text = TypeVar("Text", str, sa.ColumnElement[str])


class State(StrEnum):
    """Where a delivery stands. `due`, `handed_over` and `parked` are open, the others have ended."""

    DUE = "due"
    HANDED_OVER = "handed_over"
    PARKED = "parked"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


OPEN = frozenset({State.DUE, State.HANDED_OVER, State.PARKED})


@dataclass(frozen=True, slots=True)
class About:
    """What a new delivery is about."""

    shop_id: str
    alert_type: AlertType
    stage: Stage
    medium: Medium
    provider: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that we hold under a lease.

    `endpoint`: an earlier call may have been made through it; `attempts` counts the calls so far.
    """

    told_key: str
    signup_id: str
    restock_id: str | None
    alert_type: AlertType
    endpoint: str | None
    generation: int | None
    attempts: int
    called_at: datetime | None
    created_at: datetime
    provider: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds which rows until when; a row whose lease ran out is simply due again."""

    id: str
    shop_id: str
    stage: Stage
    state: State
    until: datetime


def alert_key(signup_id: Text, restock_id: str) -> Text:
    return "alert:" + signup_id + ":" + restock_id


def consent_key(signup_id: Text) -> Text:
    return "consent:" + signup_id


def add_alerts(
    connection: sa.Connection, about: About, signup_ids: sa.ColumnElement[str], restock_id: str, now: datetime
) -> None:
    """Write one alert for each signup of a subquery; what was written before stays as it is."""
    rows = _row(about, signup_ids, alert_key(signup_ids, restock_id), now) | {
        "restock_id": sa.literal(restock_id)
    }
    new = insert(connection, deliveries).from_select(list(rows), sa.select(*rows.values()).where(sa.true()))
    connection.execute(new.on_conflict_do_nothing())


def add_consents(
    connection: sa.Connection,
    about: About,
    signup_ids: sa.ColumnElement[str],
    generation: int,
    now: datetime,
) -> None:
    """Ask for each signup's consent to be recorded at the provider, again if another account holds it."""
    rows = _row(about, signup_ids, consent_key(signup_ids), now)
    new = insert(connection, deliveries).from_select(list(rows), sa.select(*rows.values()).where(sa.true()))
    elsewhere = sa.or_(deliveries.c.generation != generation, deliveries.c.state == State.PARKED)
    once_more = {
        "state": State.DUE,
        "reason": "",
        "due_at": now,
        "provider": about.provider,
        "endpoint": None,
        "generation": None,
        "called_at": None,
        "settled_at": None,
    }
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[deliveries.c.shop_id, deliveries.c.told_key], set_=once_more, where=elsewhere
        )
    )


def add_consents_of(connection: sa.Connection, wanted: Sequence[tuple[About, str, datetime]]) -> None:
    """Ask for the consents of new signups to be recorded: what about, the signup's id, and since when."""
    rows = [
        {
            **asdict(about),
            "told_key": consent_key(signup_id),
            "signup_id": signup_id,
            "state": State.DUE,
            "reason": "",
            "due_at": now,
            "attempts": 0,
            "created_at": now,
        }
        for about, signup_id, now in wanted
    ]
    if rows:
        connection.execute(sa.insert(deliveries), rows)


def _row(
    about: About, signup_id: sa.ColumnElement[str], told_key: sa.ColumnElement[str], now: datetime
) -> dict[str, sa.ColumnElement[Any]]:
    return {
        "shop_id": sa.literal(about.shop_id),
        "told_key": told_key,
        "signup_id": signup_id,
        "alert_type": sa.literal(str(about.alert_type)),
        "stage": sa.literal(str(about.stage)),
        "medium": sa.literal(str(about.medium)),
        "provider": sa.literal(str(about.provider)),
        "state": sa.literal(str(State.DUE)),
        "reason": sa.literal(""),
        "due_at": sa.literal(now, Utc),
        "attempts": sa.literal(0),
        "created_at": sa.literal(now, Utc),
    }


def shops_due(connection: sa.Connection, stage: Stage, state: State, now: datetime) -> list[str]:
    due = sa.exists().where(
        deliveries.c.shop_id == shops.c.id,
        deliveries.c.stage == stage,
        deliveries.c.state == state,
        deliveries.c.due_at <= now,
    )
    return list(connection.scalars(sa.select(shops.c.id).where(shops.c.status == "active", due)))


def _due(shop_id: str, stage: Stage, state: State, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        deliveries.c.shop_id == shop_id,
        deliveries.c.stage == stage,
        deliveries.c.state == state,
        deliveries.c.due_at <= now,
    )


@dataclass(frozen=True, slots=True)
class Due:
    """How many deliveries wait for one kind of call to one provider.

    `repeat`: an earlier call may have been made.
    """

    count: int
    repeat: bool
    provider: str = ""


def count_due(connection: sa.Connection, shop_id: str, stage: Stage, now: datetime, most: int) -> Due:
    """Count what is due to the provider whose turn it is, up to `most`.

    What was never called goes first, repeats go when none is left.
    """
    for repeat in (False, True):
        due = (*_due(shop_id, stage, State.DUE, now), _was_called(repeat=repeat))
        first = sa.select(deliveries.c.provider).where(*due).order_by(deliveries.c.due_at).limit(1)
        provider = connection.scalar(first)
        if provider is not None:
            rows = sa.select(sa.literal(1)).where(*due, deliveries.c.provider == provider).limit(most)
            count = connection.scalar(sa.select(sa.func.count()).select_from(rows.subquery()))
            return Due(count or 0, repeat, provider)
    return Due(0, repeat=False)


def _was_called(*, repeat: bool) -> sa.ColumnElement[bool]:
    return deliveries.c.endpoint.is_not(None) if repeat else deliveries.c.endpoint.is_(None)


def claim(
    connection: sa.Connection,
    lease: Lease,
    *,
    now: datetime,
    limit: int,
    repeat: bool | None = None,
    provider: str | None = None,
) -> list[Claimed]:
    """Take due deliveries under a lease, in order of signup; `repeat`: only those called before, or never."""
    wanted = sa.select(deliveries.c.told_key).where(*_due(lease.shop_id, lease.stage, lease.state, now))
    if provider is not None:
        wanted = wanted.where(deliveries.c.provider == provider)
    if repeat is not None:
        wanted = wanted.where(_was_called(repeat=repeat))
    wanted = wanted.order_by(deliveries.c.due_at, deliveries.c.told_key).limit(limit)
    rows = connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.shop_id == lease.shop_id, _among(connection, wanted))
        .values(lease=lease.id, due_at=lease.until)
        .returning(*(deliveries.c[field.name] for field in fields(Claimed)))
    ).all()
    return sorted((Claimed(*row) for row in rows), key=lambda claimed: claimed.told_key)


def _among(connection: sa.Connection, wanted: "sa.Select[tuple[str]]") -> sa.ColumnElement[bool]:
    """Choose rows by key.

    PostgreSQL plans `= ANY(ARRAY(...))` stably where `IN` may scan the table (stack.md section 2).
    """
    if connection.dialect.name == "sqlite":
        return deliveries.c.told_key.in_(wanted)
    locked = wanted.with_for_update(skip_locked=True).scalar_subquery()
    return deliveries.c.told_key == sa.func.any(sa.func.array(locked))


def _held(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        deliveries.c.shop_id == lease.shop_id,
        deliveries.c.stage == lease.stage,
        deliveries.c.state == lease.state,
        deliveries.c.due_at == lease.until,
        deliveries.c.lease == lease.id,
    )


def mark_called(
    connection: sa.Connection, lease: Lease, *, endpoint: str, generation: int, now: datetime
) -> int:
    """Remember the endpoint before the call is made; return how many rows the lease still holds."""
    values = {
        "endpoint": endpoint,
        "generation": generation,
        "called_at": now,
        "attempts": deliveries.c.attempts + 1,
    }
    return connection.execute(sa.update(deliveries).where(*_held(lease)).values(values)).rowcount


def settle(
    connection: sa.Connection, lease: Lease, settlement: "Settlement", keys: Sequence[str] | None = None
) -> None:
    """Write what became of these rows, or of all that the lease still holds; lost leases change nothing."""
    these = () if keys is None else (deliveries.c.told_key.in_(keys),)
    values = settlement.values() | {"lease": None}
    connection.execute(sa.update(deliveries).where(*_held(lease), *these).values(values))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a delivery: its state, why, when it is due again, and which call still counts."""

    state: State
    reason: str
    due_at: datetime | None
    now: datetime
    forget_call: bool = False

    def values(self) -> dict[str, object]:
        ended = self.state not in OPEN
        values: dict[str, object] = {
            "state": self.state,
            "reason": self.reason,
            "due_at": self.due_at,
            "settled_at": self.now if ended else None,
        }
        return values | {"endpoint": None, "called_at": None} if self.forget_call else values
