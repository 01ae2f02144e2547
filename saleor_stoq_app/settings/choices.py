"""Reads and writes a shop's settings document, with a version against lost updates."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from pydantic import ValidationError

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import settings
from saleor_stoq_app.database.upsert import insert_new
from saleor_stoq_app.errors import InvalidInput, Unavailable
from saleor_stoq_app.settings.models import Settings

TRIES = 3
REMEMBERED = timedelta(seconds=2)


class Choices:
    """The settings of every shop; defaults until a merchant decides."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._remembered: dict[str, tuple[datetime, Settings]] = {}

    async def of(self, shop_id: str) -> Settings:
        """Return the settings; a change made by another process shows after two seconds."""
        until, known = self._remembered.get(shop_id, (None, None))
        if known is not None and until is not None and self._clock.now() < until:
            return known
        found, _version = await self._database.read(lambda connection: _read(connection, shop_id))
        return self._remember(shop_id, found)

    def _remember(self, shop_id: str, settings: Settings) -> Settings:
        self._remembered[shop_id] = (self._clock.now() + REMEMBERED, settings)
        return settings

    async def change(
        self,
        shop_id: str,
        change: Callable[[Settings], Settings],
        then: Callable[[sa.Connection, Settings], None] | None = None,
    ) -> Settings:
        """Apply a change to the newest document; `then` writes in the same transaction what must follow.

        Raises:
            InvalidInput: the changed document is not valid.
            Unavailable: others kept changing it.
        """
        for _ in range(TRIES):
            before, version = await self._database.read(lambda connection: _read(connection, shop_id))
            after = _valid(change(before))
            save = _Save(shop_id, after.model_dump_json(), version)
            if await self._database.write(partial(_save_and, save=save, then=then, settings=after)):
                return self._remember(shop_id, after)
        raise Unavailable("The settings were changed by somebody else at the same time.", fix="Try again.")


def _valid(changed: Settings) -> Settings:
    try:
        return Settings.model_validate(changed.model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(first["msg"], field=".".join(map(str, first["loc"]))) from None


def _read(connection: sa.Connection, shop_id: str) -> tuple[Settings, int]:
    row = connection.execute(sa.select(settings).where(settings.c.shop_id == shop_id)).one_or_none()
    return (Settings.model_validate_json(row.document), row.version) if row else (Settings(), 0)


def _save_and(
    connection: sa.Connection,
    save: "_Save",
    then: Callable[[sa.Connection, Settings], None] | None,
    settings: Settings,
) -> bool:
    saved = save(connection)
    if saved and then is not None:
        then(connection, settings)
    return saved


class _Save:
    """Store the document if nobody stored another version meanwhile."""

    def __init__(self, shop_id: str, document: str, version: int) -> None:
        self._shop_id, self._document, self._version = shop_id, document, version

    def __call__(self, connection: sa.Connection) -> bool:
        row = {"shop_id": self._shop_id, "document": self._document, "version": self._version + 1}
        if self._version == 0:
            return insert_new(connection, settings, row)
        done = connection.execute(
            sa.update(settings)
            .where(settings.c.shop_id == self._shop_id, settings.c.version == self._version)
            .values(row)
        )
        return done.rowcount == 1
