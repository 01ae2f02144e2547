"""Keeps set-ups: one row per alert type, medium and provider of a shop.

Whoever works on a row puts a lease on it first and saves under it; people write without one and take it
away, so that a worker which was overtaken saves nothing. Every function belongs into `Database`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from saleor_stoq_app.database import jobs
from saleor_stoq_app.database.tables import flow_setups
from saleor_stoq_app.database.upsert import insert_new
from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.providers.flows import SetupMethod
from saleor_stoq_app.setup.steps import Failure, Setup, SetupFlow, Step

KIND = "setup"
FLOWS: TypeAdapter[tuple[SetupFlow, ...]] = TypeAdapter(tuple[SetupFlow, ...])
FAILURE: TypeAdapter[Failure | None] = TypeAdapter(Failure | None)


@dataclass(frozen=True, slots=True)
class Place:
    """Which set-up: each alert type has its own (R12, R109)."""

    shop_id: str
    alert_type: AlertType
    provider: ProviderId
    medium: Medium = Medium.SMS

    def row(self) -> dict[str, str]:
        return {
            "shop_id": self.shop_id,
            "alert_type": self.alert_type,
            "medium": self.medium,
            "provider": self.provider,
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """A set-up as stored: `contact` is sealed and kept no longer than it is needed.

    `progress_at` is when something was last learnt.
    """

    setup: Setup = field(default_factory=Setup)
    contact: str = ""
    due_at: datetime | None = None
    progress_at: datetime | None = None


def read(conn: sa.Connection, place: Place) -> Kept:
    row = conn.execute(sa.select(flow_setups).where(*_is(place))).one_or_none()
    return Kept() if row is None else _kept(row)


def of_shop(conn: sa.Connection, shop_id: str) -> Mapping[Place, Kept]:
    rows = conn.execute(sa.select(flow_setups).where(flow_setups.c.shop_id == shop_id))
    return {_place(row): _kept(row) for row in rows}


def locked(conn: sa.Connection, place: Place, now: datetime) -> Kept:
    """Return what is stored and let nobody change it before this transaction ends."""
    insert_new(conn, flow_setups, place.row() | _values(Kept()) | {"tests": {}, "updated_at": now})
    return _kept(conn.execute(sa.select(flow_setups).where(*_is(place)).with_for_update()).one())


def put(conn: sa.Connection, place: Place, kept: Kept, now: datetime) -> None:
    """Store what a person decided; whoever works on it loses the lease."""
    values = _values(kept) | {"lease": None, "updated_at": now}
    conn.execute(sa.update(flow_setups).where(*_is(place)).values(values))


def claim(conn: sa.Connection, shop_id: str, lease: str, now: datetime) -> tuple[Place, Kept] | None:
    """Take the set-up of a shop that has been due for longest; the job's lease keeps others away."""
    due = (flow_setups.c.shop_id == shop_id, flow_setups.c.due_at <= now)
    row = conn.execute(
        sa.select(flow_setups)
        .where(*due)
        .order_by(flow_setups.c.due_at, flow_setups.c.alert_type)
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    conn.execute(sa.update(flow_setups).where(*_is(_place(row))).values(lease=lease))
    return _place(row), _kept(row)


def save(conn: sa.Connection, place: Place, lease: str, kept: Kept, now: datetime) -> bool:
    """Store what a worker learnt; False: somebody decided otherwise meanwhile."""
    values = _values(kept) | {"updated_at": now}
    mine = (*_is(place), flow_setups.c.lease == lease)
    return conn.execute(sa.update(flow_setups).where(*mine).values(values)).rowcount == 1


def next_due(conn: sa.Connection, shop_id: str) -> datetime | None:
    due = sa.select(sa.func.min(flow_setups.c.due_at)).where(flow_setups.c.shop_id == shop_id)
    found: datetime | None = conn.scalar(due)
    return found


def tests(conn: sa.Connection, place: Place) -> dict[str, Any]:
    """Return what became of the last test event of each flow, by the flow's key."""
    found = conn.scalar(sa.select(flow_setups.c.tests).where(*_is(place)))
    return dict(found or {})


def note_test(conn: sa.Connection, place: Place, key: str, test: Mapping[str, Any], now: datetime) -> None:
    """Remember the last test event of a flow."""
    locked(conn, place, now)
    noted = tests(conn, place) | {key: dict(test)}
    conn.execute(sa.update(flow_setups).where(*_is(place)).values(tests=noted))


def ask_for_work(conn: sa.Connection, shop_id: str, job_id: str, now: datetime) -> None:
    """Let one worker at a time go on with the set-ups of a shop."""
    jobs.enqueue(
        conn, id=job_id, kind=KIND, unique_key=f"{KIND}:{shop_id}", payload={}, run_at=now, shop_id=shop_id
    )


def _is(place: Place) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(flow_setups.c[name] == value for name, value in place.row().items())


def _place(row: Any) -> Place:
    return Place(row.shop_id, AlertType(row.alert_type), ProviderId(row.provider), Medium(row.medium))


def _kept(row: Any) -> Kept:
    setup = Setup(
        step=Step(row.step),
        method=SetupMethod(row.method) if row.method else None,
        generation=row.generation,
        flows=FLOWS.validate_python(row.flows),
        failure=FAILURE.validate_python(row.failure),
        made=tuple(row.made),
        waiting=row.waiting,
    )
    return Kept(setup, row.contact, row.due_at, row.progress_at)


def _values(kept: Kept) -> dict[str, Any]:
    setup = kept.setup
    return {
        "method": setup.method or "",
        "step": setup.step,
        "generation": setup.generation,
        "flows": FLOWS.dump_python(setup.flows, mode="json"),
        "failure": FAILURE.dump_python(setup.failure, mode="json"),
        "made": list(setup.made),
        "waiting": setup.waiting,
        "contact": kept.contact,
        "due_at": kept.due_at,
        "progress_at": kept.progress_at,
    }
