"""`Database.write` and `Database.read`: a transaction is a plain function of a connection (law 7).

SQLite has one writer thread which commits many functions at once; PostgreSQL has a thread per
transaction. A function may run twice, so it takes its ids and times as arguments.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg.errors
import sqlalchemy as sa

from saleor_stoq_app.errors import StoqError, Unavailable

T = TypeVar("T")
Transaction = Callable[[sa.Connection], T]

READERS = 4
MAX_BATCH = 500
TROUBLE = (sa.exc.OperationalError, sa.exc.InternalError)
"""psycopg calls a PostgreSQL that turned read-only, or ended an idle transaction, an internal error."""

BROKEN_OFF = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=30000",
    "foreign_keys=ON",
    "secure_delete=ON",
)


class Database:
    """Runs transactions off the event loop and answers when they are stored."""

    def __init__(self, url: str, *, readers: int = READERS) -> None:
        self.sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.sqlite else _postgresql_engine(url, readers)
        self._pool = ThreadPoolExecutor(readers, "stoq-db")
        self._writer = Writer(self.engine) if self.sqlite else None

    async def read(self, fn: Transaction[T]) -> T:
        """Run a function that changes nothing.

        Raises:
            Unavailable: the database cannot answer.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, fn, False)

    async def write(self, fn: Transaction[T]) -> T:
        """Run a function in a transaction of its own and return when it is committed.

        Raises:
            Unavailable: it could not be stored; nothing of it was.
        """
        if self._writer is not None:
            return await self._writer.submit(fn)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, fn, True)

    def _run(self, fn: Transaction[T], commit: bool, tries: int = 3) -> T:  # noqa: FBT001 - run_in_executor
        """Run a transaction here; one that PostgreSQL broke off for another's sake is run again."""
        try:
            with self.engine.connect() as connection:
                value = fn(connection)
                if commit:
                    connection.commit()
                return value
        except TROUBLE as error:
            if tries > 1 and isinstance(error.orig, BROKEN_OFF):
                return self._run(fn, commit, tries - 1)
            raise _unavailable(error) from error

    async def close(self) -> None:
        """Finish what was handed in, then let go of every connection."""
        if self._writer is not None:
            await self._writer.close()
        await asyncio.to_thread(self._pool.shutdown)
        self.engine.dispose()


@dataclass(slots=True)
class _Order:
    fn: Transaction[Any]
    done: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop
    value: Any = None
    error: BaseException | None = None


class Writer:
    """The one thread that writes to SQLite: what waits together is committed together."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.connect().execution_options(writer=True)
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="stoq-writer", daemon=True)
        self._thread.start()

    async def submit(self, fn: Transaction[T]) -> T:
        if self._closed:
            raise Unavailable("The database is closed.")
        loop = asyncio.get_running_loop()
        order = _Order(fn, loop.create_future(), loop)
        self._orders.put(order)
        value: T = await order.done
        return value

    async def close(self) -> None:
        """Refuse, on the loop's own thread, whatever would stand behind the end; wait for the rest."""
        self._closed = True
        self._orders.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        with self._connection:
            self._write_batches()

    def _write_batches(self) -> None:
        while batch := self._next():
            try:
                self._together(batch)
            except Exception:  # noqa: BLE001 - whatever broke one function, its neighbours run alone
                for order in batch:
                    self._alone(order)
            _answer(batch)

    def _next(self) -> list[_Order]:
        first = self._orders.get()
        batch = [] if first is None else [first]
        while batch and len(batch) < MAX_BATCH:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                break
            if order is None:
                self._orders.put(None)
                break
            batch.append(order)
        return batch

    def _together(self, batch: list[_Order]) -> None:
        with self._transaction():
            for order in batch:
                order.value = order.fn(self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit or undo; SQLite leaves a transaction open whose COMMIT it refused."""
        try:
            with self._connection.begin():
                yield
        except BaseException:
            self._connection.connection.rollback()
            raise

    def _alone(self, order: _Order) -> None:
        order.value = None
        try:
            with self._transaction():
                order.value = order.fn(self._connection)
        except TROUBLE as error:
            order.error = _unavailable(error)
        except Exception as error:  # noqa: BLE001 - handed to the caller who awaits it
            order.error = error


def _answer(batch: list[_Order]) -> None:
    """Wake each event loop once, however many of its orders were stored."""
    for loop in {order.loop for order in batch}:
        mine = [order for order in batch if order.loop is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, mine)


def _settle(orders: list[_Order]) -> None:
    for order in orders:
        if order.done.cancelled():
            continue
        if order.error is not None:
            order.done.set_exception(order.error)
        else:
            order.done.set_result(order.value)


def _unavailable(error: sa.exc.OperationalError | sa.exc.InternalError) -> StoqError:
    return Unavailable(
        f"The database did not answer ({type(error.orig).__name__}).", fix="Try again shortly."
    )


def _postgresql_engine(url: str, connections: int) -> sa.Engine:
    """What a statement was given stays out of error messages, and so out of logs."""
    return sa.create_engine(url, pool_size=connections, hide_parameters=True)


def _sqlite_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True
    )

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3 then leaves BEGIN to us
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writer")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
