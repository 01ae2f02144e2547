"""Two processes run together only where that does no harm, and a dead one is no obstacle."""

import subprocess
import sys
from pathlib import Path

import pytest

from saleor_stoq_app.database.processes import ALIVE_SECONDS, BEAT_SECONDS, Presence, hold, others_alive
from saleor_stoq_app.errors import Misconfigured


class BeatingClock:
    """A clock in whose pauses the other process goes on beating."""

    def __init__(self, clock, other: Presence) -> None:
        self._clock, self._other = clock, other
        self.now = clock.now

    async def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)
        await self._other.beat()


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True
)


async def test_a_process_alone_starts_at_once_and_leaves_no_trace(database, clock):
    started = clock.now()
    me = Presence(database, clock, role="serve", shares_redis=False)
    await me.arrive()
    assert clock.now() == started
    (seen,) = await database.read(lambda conn: others_alive(conn, "someone else", clock.now()))
    assert (seen.role, seen.shares_redis) == ("serve", False)
    await me.leave()
    assert await database.read(lambda conn: others_alive(conn, "someone else", clock.now())) == []


async def test_a_silent_process_is_no_longer_alive(database, clock):
    me = Presence(database, clock, role="worker", shares_redis=True)
    await me.arrive()
    clock.advance(ALIVE_SECONDS)
    assert await database.read(lambda conn: others_alive(conn, "someone else", clock.now())) == []
    await me.beat()
    assert len(await database.read(lambda conn: others_alive(conn, "someone else", clock.now()))) == 1
    await me.leave()


@on_postgresql
async def test_processes_that_share_postgresql_and_redis_run_together(database, clock):
    started = clock.now()
    for role in ("serve", "worker", "worker"):
        await Presence(database, clock, role=role, shares_redis=True).arrive()
    assert clock.now() == started


@on_postgresql
@pytest.mark.parametrize(("first", "second"), [(False, False), (True, False), (False, True)])
async def test_without_a_shared_redis_a_second_process_refuses(database, clock, first, second):
    running = Presence(database, clock, role="serve", shares_redis=first)
    await running.arrive()
    late = Presence(database, BeatingClock(clock, running), role="worker", shares_redis=second)
    with pytest.raises(Misconfigured, match="STOQ_REDIS_URL"):
        await late.arrive()
    (left,) = await database.read(lambda conn: others_alive(conn, "", clock.now()))
    assert left.role == "serve"


@on_postgresql
async def test_the_last_heartbeat_of_a_dead_process_does_not_stop_its_successor(database, clock):
    await Presence(database, clock, role="serve", shares_redis=False).arrive()
    clock.advance(1)
    await Presence(database, clock, role="serve", shares_redis=False).arrive()


@on_postgresql
async def test_of_two_that_start_together_one_at_least_refuses(database, clock):
    early = Presence(database, clock, role="serve", shares_redis=False)
    await early.beat()
    late = Presence(database, BeatingClock(clock, early), role="serve", shares_redis=False)
    with pytest.raises(Misconfigured):
        await late.arrive()


@on_sqlite
async def test_sqlite_serves_one_process_and_says_why(database, clock):
    me = Presence(database, clock, role="serve", shares_redis=True)
    await me.arrive()
    with pytest.raises(Misconfigured, match="STOQ_DATABASE_URL"):
        await Presence(database, clock, role="worker", shares_redis=True).arrive()
    await me.leave()
    again = Presence(database, clock, role="serve", shares_redis=True)
    await again.arrive()
    await again.leave()


HOLDER = """
import pathlib, sys
from saleor_stoq_app.database.processes import hold
hold(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_lets_go_of_sqlite_at_once(tmp_path):
    path = tmp_path / "stoq.sqlite3"
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Misconfigured):
            hold(path)
        other.kill()
        other.wait()
        assert hold(path) > 0


def test_several_beats_fit_into_the_time_that_counts_as_alive():
    assert ALIVE_SECONDS >= 2 * BEAT_SECONDS
