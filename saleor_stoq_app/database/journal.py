"""The journal: what was decided and the values that decided it, to answer "why?"; only ever appended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.database.tables import journal


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision about one subject; `seen` holds ids, numbers and reasons, never a contact."""

    at: datetime
    what: str
    subject: str
    seen: dict[str, Any]


def write(
    conn: sa.Connection,
    *,
    id: str,  # noqa: A002 - named like the column
    shop_id: str,
    at: datetime,
    what: str,
    subject: str,
    seen: dict[str, Any],
) -> None:
    conn.execute(
        sa.insert(journal).values(id=id, shop_id=shop_id, at=at, what=what, subject=subject, seen=seen)
    )


def read(conn: sa.Connection, *, shop_id: str, subject: str) -> list[Entry]:
    """Return what was decided about a subject, oldest first."""
    rows = conn.execute(
        sa.select(journal.c.at, journal.c.what, journal.c.subject, journal.c.seen)
        .where(journal.c.shop_id == shop_id, journal.c.subject == subject)
        .order_by(journal.c.at, journal.c.id)
    )
    return [Entry(*row) for row in rows]
