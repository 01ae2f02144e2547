"""What somebody waits for: when to look next, and what the last look saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.database.tables import shops, watches
from saleor_stoq_app.database.upsert import insert_new
from saleor_stoq_app.saleor.availability import Facts

LEASE = timedelta(seconds=60)
LONGEST_LOOK = timedelta(minutes=10)

_EARLIER = {
    "hints": watches.c.hints + 1,
    "due_at": sa.case(
        (watches.c.due_at > sa.bindparam("hint_due_at"), sa.bindparam("hint_due_at")), else_=watches.c.due_at
    ),
}
_OF_SHOP = watches.c.shop_id == sa.bindparam("hint_shop_id")
_HINT_ONE = (
    sa.update(watches).where(_OF_SHOP, watches.c.variant_id == sa.bindparam("variant")).values(_EARLIER)
)
_HINT_MANY = (
    sa.update(watches)
    .where(_OF_SHOP, watches.c.variant_id.in_(sa.bindparam("variants", expanding=True)))
    .values(_EARLIER)
)


def in_line() -> "sa.Select[int]":
    """Select watches for update, in the order in which everybody locks them."""
    order = [sa.collate(watches.c[name], "C") for name in ("shop_id", "variant_id", "channel")]
    return sa.select(sa.literal(1)).select_from(watches).order_by(*order).with_for_update()


_LOCK_MANY = in_line().where(_OF_SHOP, watches.c.variant_id.in_(sa.bindparam("variants", expanding=True)))
_LOCK = (
    sa.select(sa.literal(1))
    .where(
        watches.c.shop_id == sa.bindparam("of_shop_id"),
        watches.c.variant_id == sa.bindparam("of_variant_id"),
        watches.c.channel == sa.bindparam("of_channel"),
    )
    .with_for_update(read=True)
)


@dataclass(frozen=True, slots=True)
class Watch:
    """One variant in one channel for which somebody waits, as the last look left it.

    `preorder_key`: the metadata key by which that look told preorders; None where it is not known.
    """

    variant_id: str
    channel: str
    facts: Facts | None
    sellable: bool | None
    hints: int
    preorder_key: str | None = None


def lock(
    connection: sa.Connection, chosen: "sa.Select[int]", values: Mapping[str, Any] | None = None
) -> None:
    """Lock watches that `in_line` chose; on SQLite writers stand in line anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(chosen, values)


def hint(connection: sa.Connection, shop_id: str, variant_ids: Sequence[str], due_at: datetime) -> None:
    """Move the next look forward to `due_at`; touches nothing where nobody waits (law 1).

    Many watches are locked in the order in which everybody takes them, so that a hint and a look never
    wait for each other.
    """
    common = {"hint_shop_id": shop_id, "hint_due_at": due_at}
    if len(variant_ids) == 1:
        connection.execute(_HINT_ONE, common | {"variant": variant_ids[0]})
    elif variant_ids:
        many = {"hint_shop_id": shop_id, "variants": list(variant_ids)}
        lock(connection, _LOCK_MANY, many)
        connection.execute(_HINT_MANY, common | many)


def shops_due(connection: sa.Connection, now: datetime) -> list[str]:
    due = sa.exists().where(watches.c.shop_id == shops.c.id, watches.c.due_at <= now)
    return list(connection.scalars(sa.select(shops.c.id).where(shops.c.status == "active", due)))


def claim(
    connection: sa.Connection, shop_id: str, *, now: datetime, until: datetime, limit: int
) -> list[Watch]:
    """Take due watches of a shop; they come back at `until` if this look never ends."""
    rows = connection.execute(
        sa.select(watches)
        .where(watches.c.shop_id == shop_id, watches.c.due_at <= now)
        .order_by(watches.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        connection.execute(sa.update(watches).where(*_is(shop_id, row)).values(due_at=until))
    return [_watch(row) for row in rows]


def _watch(row: Any) -> Watch:
    kept = dict(row.facts or {})
    preorder_key = kept.pop("preorder_key", None)
    facts = Facts.from_json(kept) if kept else None
    return Watch(row.variant_id, row.channel, facts, row.sellable, row.hints, preorder_key)


def _is(shop_id: str, watch: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        watches.c.shop_id == shop_id,
        watches.c.variant_id == watch.variant_id,
        watches.c.channel == watch.channel,
    )


def read_again(connection: sa.Connection, shop_id: str, watch: Watch, asked_at: datetime) -> Watch | None:
    """Return the watch as stored now, or None where it is gone or a later question was answered already.

    A question from far in the future was asked by a clock that has been set right since.
    """
    row = connection.execute(sa.select(watches).where(*_is(shop_id, watch)).with_for_update()).one_or_none()
    if row is None or (row.looked_at is not None and asked_at <= row.looked_at <= asked_at + LONGEST_LOOK):
        return None
    return _watch(row)


def store_look(
    connection: sa.Connection, shop_id: str, watch: Watch, seen: Mapping[str, object], next_look: datetime
) -> None:
    """Store what a look saw; a hint that came meanwhile keeps the time that it asked for."""
    due_at = sa.case(
        (watches.c.hints == watch.hints, sa.literal(next_look, watches.c.due_at.type)), else_=watches.c.due_at
    )
    connection.execute(sa.update(watches).where(*_is(shop_id, watch)).values(dict(seen) | {"due_at": due_at}))


def in_order(claimed: Sequence[Watch]) -> list[Watch]:
    """Return watches in the order in which everybody locks them."""
    return sorted(claimed, key=lambda watch: (watch.variant_id, watch.channel))


def postpone(connection: sa.Connection, shop_id: str, claimed: Sequence[Watch], due_at: datetime) -> None:
    """Look again later: nobody answered."""
    for watch in in_order(claimed):
        connection.execute(sa.update(watches).where(*_is(shop_id, watch)).values(due_at=due_at))


def bring_forward(connection: sa.Connection, now: datetime) -> None:
    """Look soon at whatever a process that died may have been looking at."""
    soon = (watches.c.due_at > now, watches.c.due_at <= now + LEASE)
    lock(connection, in_line().where(*soon))
    connection.execute(sa.update(watches).where(*soon).values(due_at=now))


def begin(
    connection: sa.Connection, shop_id: str, variant_id: str, channel: str, baseline: Mapping[str, Any]
) -> None:
    """Begin to watch a variant; one that is watched already keeps what its last look saw.

    Where writers do not stand in line anyway, the row is locked: a look that is opening a restock commits
    first, and the signup then finds it open, or it waits and finds the signup. A watch that a tidying took
    away meanwhile begins again.
    """
    which = {"shop_id": shop_id, "variant_id": variant_id, "channel": channel}
    is_new = insert_new(connection, watches, {**baseline, **which})
    if is_new or connection.dialect.name == "sqlite":
        return
    if connection.scalar(_LOCK, {f"of_{name}": value for name, value in which.items()}) is None:
        insert_new(connection, watches, {**baseline, **which})
