"""Stores hints durably: those that come while one transaction is under way go into the next together."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from saleor_stoq_app.alerts.watches import hint
from saleor_stoq_app.database.engine import Database

AT_ONCE = 500
APART_SECONDS = 0.003
"""Under load transactions start this far apart: one costs as much for one hint as for fifty."""


class _Batch:
    """Hints that will be stored together, and the deliveries that wait for it."""

    def __init__(self) -> None:
        self._hints: dict[str, tuple[datetime, dict[str, None]]] = {}
        self._settled = asyncio.Event()
        self._error: Exception | None = None

    def add(self, shop_id: str, variant_ids: Sequence[str], due_at: datetime) -> None:
        """Take a hint in; deliveries come in order, so that the first of a shop is due first."""
        _, variants = self._hints.setdefault(shop_id, (due_at, {}))
        variants.update(dict.fromkeys(variant_ids))

    def store(self, conn: sa.Connection) -> None:
        for shop_id, (due_at, variants) in self._hints.items():
            ids = tuple(variants)
            for start in range(0, len(ids), AT_ONCE):
                hint(conn, shop_id, ids[start : start + AT_ONCE], due_at)

    def settle(self, error: Exception | None) -> None:
        self._error = error
        self._settled.set()

    async def stored(self) -> None:
        await self._settled.wait()
        if self._error is not None:
            raise self._error


class Hints:
    """One statement for many deliveries; each returns only when its hint is committed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._open: _Batch | None = None
        self._writing: asyncio.Task[None] | None = None
        self._not_before = 0.0

    async def store(self, shop_id: str, variant_ids: Sequence[str], due_at: datetime) -> None:
        """Move the next look at these variants forward.

        Raises:
            Unavailable: it could not be stored.
        """
        if self._open is None:
            self._open = _Batch()
        batch = self._open
        batch.add(shop_id, variant_ids, due_at)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await batch.stored()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._open is not None:
            await asyncio.sleep(self._not_before - loop.time())
            self._not_before = loop.time() + APART_SECONDS
            batch, self._open = self._open, None
            batch.settle(await self._outcome(batch))

    async def _outcome(self, batch: _Batch) -> Exception | None:
        try:
            await self._db.write(batch.store)
        except Exception as failure:  # noqa: BLE001 - raised again in every delivery that waits for it
            return failure
        return None
