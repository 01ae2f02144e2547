"""`Database`: what was answered is stored, and nobody pays for a neighbour's failure."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import marks, settings
from saleor_stoq_app.errors import Unavailable

ROOT = Path(__file__).parents[2]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True
)


def put(name: str):
    def insert(conn: sa.Connection) -> str:
        conn.execute(sa.insert(marks).values(name=name, value=""))
        return name

    return insert


def names(conn: sa.Connection) -> set[str]:
    return set(conn.scalars(sa.select(marks.c.name)))


def held_writer(database: Database) -> tuple[threading.Event, "asyncio.Task[None]"]:
    """Keep the writer busy, so that what follows is committed as one batch."""
    free = threading.Event()
    return free, asyncio.ensure_future(database.write(lambda _conn: free.wait(10)))


async def test_a_write_is_seen_by_the_next_read(database):
    assert await database.write(put("a")) == "a"
    assert await database.read(names) == {"a"}


async def test_a_failing_function_fails_its_caller_and_spares_its_neighbours(database):
    def half(conn):
        conn.execute(sa.insert(marks).values(name="half", value=""))
        raise KeyError("my own mistake")

    free, holder = held_writer(database)
    await asyncio.sleep(0)
    writes = [asyncio.ensure_future(database.write(fn)) for fn in (put("a"), half, put("b"))]
    await asyncio.sleep(0)
    free.set()
    first, broken, last = await asyncio.gather(*writes, return_exceptions=True)
    await holder
    assert (first, last) == ("a", "b")
    assert isinstance(broken, KeyError)
    assert await database.read(names) == {"a", "b"}


async def test_a_violated_constraint_fails_only_its_caller(database):
    answers = await asyncio.gather(*(database.write(put(name)) for name in "aab"), return_exceptions=True)
    assert [isinstance(answer, sa.exc.IntegrityError) for answer in answers].count(True) == 1
    assert await database.read(names) == {"a", "b"}


async def test_a_commit_that_is_refused_fails_only_the_caller_to_blame(database):
    def refused(conn):
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            conn.execute(sa.insert(settings).values(shop_id="nobody", document="{}", version=1))
            return
        conn.exec_driver_sql("CREATE TEMP TABLE a (x int PRIMARY KEY) ON COMMIT DROP")
        later = "x int REFERENCES a DEFERRABLE INITIALLY DEFERRED"
        conn.exec_driver_sql(f"CREATE TEMP TABLE b ({later}) ON COMMIT DROP")
        conn.exec_driver_sql("INSERT INTO b VALUES (1)")

    writes = (database.write(fn) for fn in (put("a"), refused, put("b")))
    first, broken, last = await asyncio.gather(*writes, return_exceptions=True)
    assert (first, last) == ("a", "b")
    assert isinstance(broken, sa.exc.IntegrityError)
    assert await database.read(names) == {"a", "b"}


@on_sqlite
async def test_when_no_commit_succeeds_every_caller_hears_it(database):
    @sa.event.listens_for(database.engine, "commit")
    def full_disk(_conn):
        raise sa.exc.OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    answers = await asyncio.gather(*(database.write(put(name)) for name in "abc"), return_exceptions=True)
    sa.event.remove(database.engine, "commit", full_disk)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert await database.read(names) == set()
    assert await database.write(put("after")) == "after"


@on_postgresql
async def test_a_lost_connection_is_unavailable_and_the_next_one_works(database):
    def lost(conn):
        put("a")(conn)
        conn.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Unavailable):
        await database.write(lost)
    assert await database.read(names) == set()
    assert await database.write(put("after")) == "after"


async def test_a_cancelled_callers_write_stands(database):
    began, free = threading.Event(), threading.Event()

    def slow(conn):
        began.set()
        free.wait(10)
        return put("stands")(conn)

    caller = asyncio.ensure_future(database.write(slow))
    await asyncio.to_thread(began.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    free.set()
    await database.write(put("next"))
    while await database.read(names) != {"stands", "next"}:  # noqa: ASYNC110 - PostgreSQL's has a thread of its own
        await asyncio.sleep(0.01)


async def test_closing_finishes_what_was_handed_in(database_url):
    database = Database(database_url)
    writes = [asyncio.ensure_future(database.write(put(str(n)))) for n in range(200)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    again = Database(database_url)
    assert len(await again.read(names)) == 200
    await again.close()


async def test_a_closed_sqlite_database_takes_no_more(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'closed.sqlite3'}")
    await database.close()
    with pytest.raises(Unavailable):
        await database.write(put("late"))


async def test_readers_do_not_wait_for_the_writer(database):
    free, holder = held_writer(database)
    assert await asyncio.wait_for(database.read(names), 5) == set()
    free.set()
    await holder


async def test_readers_see_only_what_is_committed(database):
    wrote, free = threading.Event(), threading.Event()

    def slow(conn):
        put("soon")(conn)
        wrote.set()
        free.wait(10)

    writing = asyncio.ensure_future(database.write(slow))
    await asyncio.to_thread(wrote.wait, 10)
    assert await database.read(names) == set()
    free.set()
    await writing
    assert await database.read(names) == {"soon"}


async def test_sixty_four_clients_lose_nothing(database):
    async def client(number: int) -> None:
        for turn in range(20):
            await database.write(put(f"{number}-{turn}"))

    await asyncio.gather(*(client(number) for number in range(64)))
    assert len(await database.read(names)) == 64 * 20


async def test_a_silent_database_is_unavailable(tmp_path):
    database = Database(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")
    with pytest.raises(Unavailable):
        await database.read(names)
    with pytest.raises(Unavailable):
        await database.write(put("a"))
    await database.close()


WRITER = """
import asyncio, sys
import sqlalchemy as sa
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import marks

async def client(database, number):
    for turn in range(100_000):
        name = f"{number}-{turn}"
        await database.write(lambda conn: conn.execute(sa.insert(marks).values(name=name, value="")))
        print(name, flush=True)

async def main():
    database = Database(sys.argv[1])
    await asyncio.gather(*(client(database, number) for number in range(8)))

asyncio.run(main())
"""


async def test_a_killed_process_keeps_every_write_that_it_acknowledged(database_url):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WRITER,
        database_url,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    acknowledged = [await process.stdout.readline() for _ in range(300)]
    process.send_signal(signal.SIGKILL)
    acknowledged += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    whole = {line.decode().strip() for line in acknowledged if line.endswith(b"\n")}
    database = Database(database_url)
    stored = await database.read(names)
    await database.close()
    assert len(whole) >= 300
    assert whole <= stored


@on_postgresql
async def test_two_transactions_that_wait_for_each_other_are_both_stored(database):
    await asyncio.gather(database.write(put("a")), database.write(put("b")))
    meeting = threading.Barrier(2)

    def cross(first, second):
        def change(conn):
            conn.execute(sa.update(marks).where(marks.c.name == first).values(value=first))
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(timeout=1)
            conn.execute(sa.update(marks).where(marks.c.name == second).values(value=first))
            return first

        return change

    assert await asyncio.gather(database.write(cross("a", "b")), database.write(cross("b", "a"))) == [
        "a",
        "b",
    ]
