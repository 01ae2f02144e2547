"""Jobs are carried out by their handlers, tried again when they fail, and never lost."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from saleor_stoq_app.clock import new_id, process_id
from saleor_stoq_app.database import jobs, work
from saleor_stoq_app.database.tables import jobs as table
from saleor_stoq_app.database.work import Jobs
from saleor_stoq_app.errors import Unavailable
from tests.fixtures.dying import dies


class Sweep:
    """Counts its jobs; comes back after `every`, or fails."""

    def __init__(self):
        self.done = []
        self.every = None
        self.fails = None

    async def __call__(self, job):
        self.done.append(job.attempts)
        if self.fails is not None:
            raise self.fails
        return self.every


@pytest.fixture
def sweep():
    return Sweep()


@pytest.fixture
def process(clock):
    return process_id(clock.now())


@pytest.fixture
def worker(database, clock, sweep, process):
    return Jobs(database, clock, {"sweep": sweep}, process)


async def ask(database, now, kind="sweep"):
    job_id = new_id(now)
    await database.write(
        lambda conn: jobs.enqueue(conn, id=job_id, kind=kind, unique_key=kind, payload={}, run_at=now)
    )


async def rows(database):
    return await database.read(lambda conn: conn.execute(sa.select(table)).all())


async def test_a_due_job_is_done_once_and_forgotten(worker, database, clock, sweep):
    await ask(database, clock.now())
    assert await worker.due() == [work.ALL]
    assert await worker.turn("") == 0
    assert (sweep.done, await rows(database)) == ([1], [])
    assert (await worker.turn(""), await worker.due()) == (None, [])


async def test_a_job_of_a_kind_that_nobody_handles_waits(worker, database, clock):
    await ask(database, clock.now(), kind="unheard-of")
    assert (await worker.due(), await worker.turn("")) == ([], None)
    assert len(await rows(database)) == 1


async def test_a_job_comes_back_when_its_handler_says_so(worker, database, clock, sweep):
    sweep.every = timedelta(hours=1)
    await ask(database, clock.now())
    await worker.turn("")
    assert await worker.turn("") is None
    clock.advance(3600)
    await worker.turn("")
    assert sweep.done == [1, 1]


async def test_a_job_that_fails_waits_longer_each_time_up_to_an_hour(worker, database, clock, sweep):
    sweep.fails = Unavailable("Saleor is silent.")
    await ask(database, clock.now())
    waits = []
    for _ in range(9):
        await worker.turn("")
        [row] = await rows(database)
        waits.append((row.run_at - clock.now()).total_seconds())
        clock.advance(waits[-1])
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert row.last_error == "Saleor is silent."


async def test_an_error_of_ours_leaves_the_job_to_its_lease(worker, database, clock, sweep):
    sweep.fails = KeyError("a bug")
    await ask(database, clock.now())
    with pytest.raises(KeyError):
        await worker.turn("")
    clock.advance(work.LEASE_SECONDS)
    sweep.fails = None
    await worker.turn("")
    assert (sweep.done, await rows(database)) == ([1, 2], [])


async def test_whenever_a_worker_dies_the_job_is_done_after_all(worker, database, clock, sweep, process):
    for at in range(1, 6):
        sweep.done.clear()
        await ask(database, clock.now())
        died = await dies(worker.turn(""), at)
        clock.advance(work.LEASE_SECONDS)
        await worker.turn("")
        assert sweep.done, f"died at wait {at}"
        assert await rows(database) == []
    assert not died


async def test_what_a_dead_process_was_doing_is_due_at_once(worker, database, clock, sweep, process):
    await ask(database, clock.now())
    await dies(worker.turn(""), 1)
    now = clock.now()
    await database.write(lambda conn: work.return_leases(conn, now, "f" * 20))
    assert await worker.due() == []
    await database.write(lambda conn: work.return_leases(conn, now, process))
    assert await worker.turn("") == 0
    assert len(sweep.done) == 1
