"""Jobs: asked for once by name, held by one worker, never lost with their holder."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from saleor_stoq_app.clock import new_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job, again, claim, enqueue, fail, finish
from saleor_stoq_app.database.tables import jobs, metadata, shops


def asking(now, key="sweep:a", *, kind="sweep", payload=None):
    job_id = new_id(now)
    return lambda conn: enqueue(conn, id=job_id, kind=kind, unique_key=key, payload=payload or {}, run_at=now)


def claiming(now, *, limit=10, kinds=("sweep",), seconds=60):
    lease = new_id(now)
    return lambda conn: claim(conn, now=now, lease_id=lease, lease_seconds=seconds, kinds=kinds, limit=limit)


def rows(conn):
    return conn.execute(sa.select(jobs).order_by(jobs.c.unique_key)).mappings().all()


async def test_a_due_job_is_claimed_with_its_payload(database, clock):
    await database.write(asking(clock.now(), payload={"variant": "VmFyOjE="}))
    (job,) = await database.write(claiming(clock.now()))
    assert (job.kind, job.payload, job.attempts, job.shop_id) == ("sweep", {"variant": "VmFyOjE="}, 1, None)


async def test_what_is_asked_for_twice_runs_once_at_the_earlier_time(database, clock):
    now = clock.now()
    for seconds in (300, 60, 600):
        await database.write(asking(now + timedelta(seconds=seconds)))
    (row,) = await database.read(rows)
    assert row["run_at"] == now + timedelta(seconds=60)


async def test_a_job_is_neither_claimed_early_nor_by_workers_of_other_kinds(database, clock):
    await database.write(asking(clock.now() + timedelta(seconds=1)))
    assert await database.write(claiming(clock.now())) == []
    clock.advance(1)
    assert await database.write(claiming(clock.now(), kinds=("proof",))) == []
    assert await database.write(claiming(clock.now(), kinds=())) == []
    assert len(await database.write(claiming(clock.now()))) == 1


async def test_the_longest_due_come_first_up_to_the_limit(database, clock):
    for key in "abc":
        await database.write(asking(clock.now(), key, payload={"key": key}))
        clock.advance(1)
    claimed = await database.write(claiming(clock.now(), limit=2))
    assert [job.payload["key"] for job in claimed] == ["a", "b"]


async def test_a_leased_job_is_nobody_elses_until_the_lease_ends(database, clock):
    await database.write(asking(clock.now()))
    await database.write(claiming(clock.now(), seconds=60))
    clock.advance(59)
    assert await database.write(claiming(clock.now())) == []
    clock.advance(1)
    (second,) = await database.write(claiming(clock.now()))
    assert second.attempts == 2


async def test_only_the_holder_may_finish_give_back_or_fail(database, clock):
    await database.write(asking(clock.now()))
    (lost,) = await database.write(claiming(clock.now(), seconds=60))
    clock.advance(60)
    (held,) = await database.write(claiming(clock.now(), seconds=60))
    for attempt in (
        lambda conn: finish(conn, lost),
        lambda conn: fail(conn, lost, "too late", clock.now()),
        lambda conn: again(conn, lost, clock.now()),
    ):
        assert await database.write(attempt) is False
    assert await database.write(lambda conn: finish(conn, held)) is True
    assert await database.read(rows) == []


async def test_a_failed_job_comes_back_with_its_reason_and_without_contacts(database, clock):
    await database.write(asking(clock.now()))
    (job,) = await database.write(claiming(clock.now()))
    later = clock.now() + timedelta(seconds=30)
    assert await database.write(lambda conn: fail(conn, job, "no answer for +351 912 345 678", later))
    (row,) = await database.read(rows)
    assert (row["lease"], row["run_at"], row["attempts"]) == (None, later, 1)
    assert row["last_error"] == "no answer for [phone]"


async def test_a_job_that_comes_back_starts_afresh(database, clock):
    await database.write(asking(clock.now()))
    (job,) = await database.write(claiming(clock.now()))
    later = clock.now() + timedelta(seconds=300)
    assert await database.write(lambda conn: again(conn, job, later))
    (row,) = await database.read(rows)
    assert (row["lease"], row["run_at"], row["attempts"]) == (None, later, 0)


async def test_asked_for_while_it_runs_it_runs_once_more_and_never_twice_at_once(database, clock):
    await database.write(asking(clock.now()))
    (running,) = await database.write(claiming(clock.now(), seconds=60))
    await database.write(asking(clock.now()))
    assert await database.write(claiming(clock.now())) == []
    assert await database.write(lambda conn: finish(conn, running)) is True
    clock.advance(60)
    (repeated,) = await database.write(claiming(clock.now()))
    assert await database.write(lambda conn: finish(conn, repeated)) is True
    assert await database.read(rows) == []


@pytest.mark.parametrize("workers", [2, 8])
async def test_workers_that_claim_at_once_never_share_a_job(database_url, clock, workers):
    """Each worker has its own `Database`, as in a process of its own."""
    databases = [Database(database_url) for _ in range(workers)]
    now = clock.now()
    await databases[0].write(lambda conn: [asking(now, f"sweep:{n}")(conn) for n in range(200)])

    async def work(database: Database) -> list[str]:
        mine: list[str] = []
        while claimed := await database.write(claiming(now, limit=7)):
            mine += [job.id for job in claimed]
        return mine

    taken = [job_id for mine in await asyncio.gather(*map(work, databases)) for job_id in mine]
    for database in databases:
        await database.close()
    assert len(taken) == len(set(taken)) == 200


class Workers(RuleBasedStateMachine):
    """Random workers at one table: no job is held twice, and none ends but by its holder's word."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = sa.create_engine("sqlite://")
        metadata.create_all(self.engine, tables=[shops, jobs])
        self.conn = self.engine.connect()
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.held: list[tuple[Job, datetime]] = []
        self.asked: set[str] = set()
        self.asked_again: set[str] = set()

    @rule(key=st.sampled_from("abc"))
    def ask(self, key: str) -> None:
        asking(self.now, key, payload={"key": key})(self.conn)
        self.asked.add(key)
        if key in self.stored(jobs.c.lease.is_not(None)):
            self.asked_again.add(key)

    @rule(limit=st.integers(1, 3), seconds=st.sampled_from([10, 60]))
    def claim(self, limit: int, seconds: int) -> None:
        busy = {job.payload["key"] for job, until in self.held if until > self.now}
        for job in claiming(self.now, limit=limit, seconds=seconds)(self.conn):
            assert job.payload["key"] not in busy
            self.asked_again.discard(job.payload["key"])
            self.held.append((job, self.now + timedelta(seconds=seconds)))

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0), how=st.sampled_from([finish, fail, again]))
    def settle(self, which: int, how) -> None:
        job, until = self.held.pop(which % len(self.held))
        extra = {finish: (), fail: ("no answer", self.now), again: (self.now,)}[how]
        if not how(self.conn, job, *extra):
            assert until <= self.now
            return
        key = job.payload["key"]
        if how is finish and key not in self.asked_again:
            self.asked.remove(key)
        self.asked_again.discard(key)

    @invariant()
    def what_was_asked_for_is_stored_until_it_is_done(self) -> None:
        assert self.stored() == self.asked

    def stored(self, *conditions: sa.ColumnElement[bool]) -> set[str]:
        return set(self.conn.scalars(sa.select(jobs.c.unique_key).where(*conditions)))

    def teardown(self) -> None:
        self.conn.close()
        self.engine.dispose()


TestWorkers = Workers.TestCase
TestWorkers.settings = settings(stateful_step_count=20)
