"""Stores hints durably: many deliveries, one statement per shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from saleor_stoq_app.alerts.watches import hint
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.gathering import Gathering

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Hint:
    """Variants of a shop to look at, and when."""

    shop_id: str
    variant_ids: tuple[str, ...]
    due_at: datetime


class Hints:
    """One statement for many deliveries; each returns only when its hint is committed."""

    def __init__(self, db: Database) -> None:
        self._gathering = Gathering(db, store)

    async def store(self, shop_id: str, variant_ids: Sequence[str], due_at: datetime) -> None:
        """Move the next look at these variants forward.

        Raises:
            Unavailable: it could not be stored.
        """
        await self._gathering.add(Hint(shop_id, tuple(variant_ids), due_at))


def store(conn: sa.Connection, items: Sequence[Hint]) -> list[None]:
    """Store hints; those of one shop are due with its first.

    Everybody locks shops and variants in one order, so that two processes never wait for each other.
    """
    merged: dict[str, tuple[datetime, dict[str, None]]] = {}
    for item in items:
        _, variants = merged.setdefault(item.shop_id, (item.due_at, {}))
        variants.update(dict.fromkeys(item.variant_ids))
    for shop_id, (due_at, variants) in sorted(merged.items()):
        ids = tuple(sorted(variants))
        for start in range(0, len(ids), AT_ONCE):
            hint(conn, shop_id, ids[start : start + AT_ONCE], due_at)
    return [None] * len(items)
