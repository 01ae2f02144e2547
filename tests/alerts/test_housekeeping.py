"""Watches are what is waited for, and what is parked has a reason to be."""

import pytest
import sqlalchemy as sa

from saleor_stoq_app.alerts.housekeeping import EVERY, KIND, Housekeeping
from saleor_stoq_app.database import tables
from saleor_stoq_app.database.jobs import Job
from tests.fixtures.floor import restocked
from tests.fixtures.selling import HAT

ANN = "+14155550101"


async def tidy(floor):
    job = Job("1", None, KIND, {}, 1, "lease")
    assert await Housekeeping(floor.database, floor.clock)(job) == EVERY


async def test_what_somebody_waits_for_stays_watched(floor):
    floor.shelves.put(0)
    await floor.sign_up(ANN)
    before = await floor.rows(tables.watches)
    await tidy(floor)
    assert await floor.rows(tables.watches) == before


async def test_what_nobody_waits_for_is_watched_until_its_restock_is_over(floor):
    await restocked(floor, ANN)
    await floor.change(tables.signups, closed_at=floor.clock.now())
    await tidy(floor)
    assert len(await floor.rows(tables.watches)) == 1
    await floor.change(tables.restocks, closed_at=floor.clock.now())
    await tidy(floor)
    assert await floor.rows(tables.watches) == []


async def test_a_watch_that_was_lost_comes_back_and_is_looked_at(floor):
    floor.shelves.put(0)
    await floor.sign_up(ANN)
    await floor.sign_up("+14155550102")
    await floor.database.write(lambda conn: conn.execute(sa.delete(tables.watches)) and None)
    await tidy(floor)
    [watch] = await floor.rows(tables.watches)
    assert (watch.facts, watch.due_at) == (None, floor.clock.now())


async def test_a_signup_that_is_not_proved_is_not_watched(floor):
    floor.shelves.put(0, HAT)
    await floor.sign_up(ANN, HAT)
    await floor.change(tables.signups, proved_at=None)
    await floor.database.write(lambda conn: conn.execute(sa.delete(tables.watches)) and None)
    await tidy(floor)
    assert await floor.rows(tables.watches) == []


@pytest.mark.parametrize("problem", ["", "The key was refused."])
async def test_what_was_parked_while_the_merchant_mended_it_goes_on(floor, problem):
    await restocked(floor, ANN)
    await floor.change(tables.deliveries, state="parked", due_at=None)
    await floor.change(tables.connections, problem=problem)
    await tidy(floor)
    assert await floor.states() == ["parked" if problem else "due"]
