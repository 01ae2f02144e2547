"""Signups that were accepted while Saleor was silent are proved, or end as not sold."""

import pytest

from saleor_stoq_app.alerts.proving import Proving
from saleor_stoq_app.alerts.signup_store import PROVE
from saleor_stoq_app.database import tables
from saleor_stoq_app.database.work import Jobs
from saleor_stoq_app.errors import Unavailable
from tests.fixtures.selling import CHANNEL

ANN, BEA = "+14155550101", "+14155550102"


@pytest.fixture
async def unproved(floor):
    floor.shelves.silent = Unavailable("silent")
    await floor.sign_up(ANN)
    await floor.sign_up(BEA)
    return floor


async def prove(floor, *, after=30):
    floor.clock.advance(after)
    handler = Proving(
        database=floor.database,
        clock=floor.clock,
        shops=floor.shops,
        availability=floor.shelves,
        choices=floor.choices,
    )
    jobs = Jobs(floor.database, floor.clock, {PROVE: handler}, floor.process().id)
    while await jobs.turn("") is not None:
        pass


async def signups(floor):
    return [(row.proved_at is not None, row.closed_because) for row in await floor.rows(tables.signups)]


async def test_once_saleor_answers_the_variant_is_watched(unproved):
    unproved.shelves.silent = None
    unproved.shelves.put(0)
    await prove(unproved)
    assert await signups(unproved) == [(True, None)] * 2
    [watch] = await unproved.rows(tables.watches)
    assert (watch.facts, watch.sellable, watch.due_at) == (None, None, unproved.clock.now())
    assert await unproved.rows(tables.jobs) == []


@pytest.mark.parametrize("gone", ["variant", "channel"])
async def test_what_the_channel_does_not_sell_ends(unproved, gone):
    unproved.shelves.silent = None
    if gone == "channel":
        unproved.shelves.put(5)
        unproved.shelves.channels.remove(CHANNEL)
    await prove(unproved)
    assert await signups(unproved) == [(False, "not_sold")] * 2
    assert await unproved.rows(tables.watches) == []


async def test_while_saleor_stays_silent_it_is_asked_again_later(unproved):
    await prove(unproved)
    assert await signups(unproved) == [(False, None)] * 2
    [job] = await unproved.rows(tables.jobs)
    assert job.run_at > unproved.clock.now()


async def test_a_restock_that_came_with_the_proof_is_told(unproved):
    unproved.shelves.silent = None
    unproved.shelves.put(0)
    await prove(unproved)
    await unproved.work(10)
    unproved.shelves.put(5)
    await unproved.hint(after=1)
    await unproved.work(60)
    assert unproved.teller.phones == {ANN: 1, BEA: 1}


async def test_a_proof_leaves_what_is_watched_already_as_it_is(unproved):
    unproved.shelves.silent = None
    unproved.shelves.put(3)
    await unproved.sign_up("+14155550103")
    await prove(unproved)
    [watch] = await unproved.rows(tables.watches)
    assert watch.facts["units"] == 3
