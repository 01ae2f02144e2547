"""Stores together what arrives together: one transaction serves many callers, and each waits for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar

import sqlalchemy as sa

from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import Unavailable

APART_SECONDS = 0.003
"""Under load transactions start this far apart: one costs hardly more for fifty items than for one."""

MOST = 200

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Store(Protocol[T_contra, R_co]):
    """Stores items in one transaction and returns one answer per item, in their order; may run twice."""

    def __call__(self, connection: sa.Connection, /, items: Sequence[T_contra]) -> Sequence[R_co]: ...


@dataclass(slots=True)
class _Order(Generic[T, R]):
    item: T
    done: "asyncio.Future[R]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gathering(Generic[T, R]):
    """Hands what arrives while a transaction is under way to the next one."""

    def __init__(self, database: Database, store: "Store[T, R]") -> None:
        self._database = database
        self._store = store
        self._waiting: list[_Order[T, R]] = []
        self._writing: asyncio.Task[None] | None = None
        self._not_before = 0.0

    async def add(self, item: T) -> R:
        """Return the answer to this item when it is committed.

        Raises:
            Unavailable: it could not be stored; nothing of it was.
        """
        order: _Order[T, R] = _Order(item)
        self._waiting.append(order)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await order.done

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(self._not_before - loop.time())
            self._not_before = loop.time() + APART_SECONDS
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            await self._settle(group)

    async def _settle(self, group: Sequence[_Order[T, R]]) -> None:
        """Store a group; an item that cannot be stored must not fail the others, so they then go alone."""
        error = await self._try(group)
        alone = len(group) > 1 and not isinstance(error, Unavailable)
        for order in group if error else ():
            failure = await self._try([order]) if alone else error
            if failure is not None and not order.done.done():
                order.done.set_exception(failure)

    async def _try(self, group: Sequence[_Order[T, R]]) -> Exception | None:
        try:
            write = partial(self._store, items=[order.item for order in group])
            answers = await self._database.write(write)
        except Exception as error:  # noqa: BLE001 - handed to the callers who await it
            return error
        for order, answer in zip(group, answers, strict=True):
            if not order.done.done():  # a caller that went away was cancelled; what it brought is stored
                order.done.set_result(answer)
        return None
