"""A process takes over what dead ones held, and nothing of the living."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import sqlalchemy as sa

from saleor_stoq_app.alerts import watches
from saleor_stoq_app.cli.presence import present, take_over, take_over_from_dead
from saleor_stoq_app.clock import new_id, process_id
from saleor_stoq_app.config import Config
from saleor_stoq_app.database import tables
from saleor_stoq_app.database.jobs import claim, enqueue
from saleor_stoq_app.database.processes import ALIVE_SECONDS, Process, heartbeat
from tests.fixtures.dying import dies
from tests.fixtures.floor import restocked


def house(floor, *, embedded=False):
    url = "" if embedded else "postgresql://db"
    config = Config(database_url=url, redis_url="" if embedded else "redis://r")
    me = process_id(floor.clock.now())
    return SimpleNamespace(database=floor.database, clock=floor.clock, config=config, process_id=me)


async def beats(floor, process):
    me = Process(process, "worker", True, floor.clock.now())
    await floor.database.write(lambda conn: heartbeat(conn, me))


async def leased(floor, process):
    """Let a process take a watch, a delivery and a job, and say nothing any more."""
    await restocked(floor, "+14155550101")
    await floor.process().consents.turn(floor.shop.id)
    dispatcher, now = process.alerts, floor.clock.now()
    await dies(dispatcher.turn(floor.shop.id), 6)
    assert [row.lease for row in await floor.deliveries()] != [None]
    await floor.change(tables.watches, due_at=now + watches.LEASE)
    job_id = new_id(now)

    def job(conn):
        enqueue(conn, id=job_id, kind="k", unique_key="k", payload={}, run_at=now)
        claim(conn, now=now, lease_id=f"{process.id}{0:012}", lease_seconds=300, kinds=["k"], limit=1)

    await floor.database.write(job)


async def due(floor):
    """Return which of the three are due now."""
    now = floor.clock.now()
    jobs = await floor.database.read(lambda conn: conn.execute(sa.select(tables.jobs)).all())
    rows = [*await floor.rows(tables.watches), *await floor.deliveries()]
    return [row.due_at <= now for row in rows] + [row.run_at <= now for row in jobs]


async def test_what_a_dead_process_held_is_due_at_once(floor):
    dead = floor.process()
    await beats(floor, dead.id)
    await leased(floor, dead)
    assert await due(floor) == [False] * 3
    floor.clock.advance(ALIVE_SECONDS + 1)
    await take_over_from_dead(house(floor))
    assert await due(floor) == [True] * 3
    await floor.work(60)
    assert floor.teller.phones == {"+14155550101": 1}


async def test_what_a_living_process_holds_stays_its_own(floor):
    alive = floor.process()
    await leased(floor, alive)
    floor.clock.advance(10)
    await beats(floor, alive.id)
    await take_over_from_dead(house(floor))
    assert await due(floor) == [False] * 3


async def test_on_an_embedded_database_every_other_process_is_dead(floor):
    dead = floor.process()
    await beats(floor, dead.id)
    await leased(floor, dead)
    floor.clock.advance(1)
    await take_over_from_dead(house(floor, embedded=True))
    assert await due(floor) == [True] * 3


async def test_a_process_never_takes_over_from_itself_and_the_dead_are_forgotten(floor):
    me, other = process_id(floor.clock.now()), process_id(floor.clock.now())
    await beats(floor, me)
    await beats(floor, other)
    now = floor.clock.now() + timedelta(hours=1)
    await floor.database.write(lambda conn: take_over(conn, me, now, now))
    left = await floor.database.read(lambda conn: conn.scalars(sa.select(tables.processes.c.id)).all())
    assert list(left) == [me]


async def test_a_process_is_known_while_it_is_there_and_leaves_when_it_ends(floor):
    building, stop = house(floor, embedded=floor.database.sqlite), asyncio.Event()

    async def known():
        return await floor.database.read(lambda conn: list(conn.scalars(sa.select(tables.processes.c.id))))

    async with present(building, "worker", stop):
        assert await known() == [building.process_id]
    assert await known() == []
    assert stop.is_set()
