"""A new account gets the consents of everyone who waits, a chunk at a time."""

import pytest

from saleor_stoq_app.alerts import consent_backfill
from saleor_stoq_app.alerts.consent_backfill import ConsentBackfill
from saleor_stoq_app.database import tables
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.events import Stage

ANN, BEA = "+14155550101", "+14155550102"


@pytest.fixture
async def waiting(floor):
    """Two shoppers wait; the first account holds their consents."""
    floor.shelves.put(0)
    await floor.sign_up(ANN)
    await floor.sign_up(BEA)
    await floor.work(10)
    return floor


async def backfill(floor, generation=2):
    job = Job(
        "1", floor.shop.id, consent_backfill.KIND, {"provider": "klaviyo", "generation": generation}, 1, "l"
    )
    assert await ConsentBackfill(floor.database, floor.clock)(job) is None


async def states(floor):
    return [(row.state, row.generation) for row in await floor.deliveries(Stage.CONSENT)]


async def test_what_another_account_holds_is_recorded_again(waiting):
    assert await states(waiting) == [("accepted", 1)] * 2
    await backfill(waiting)
    assert await states(waiting) == [("due", None)] * 2


async def test_what_this_account_holds_already_is_left_alone(waiting):
    await backfill(waiting, generation=1)
    assert await states(waiting) == [("accepted", 1)] * 2


async def test_what_was_parked_is_due_again(waiting):
    await waiting.change(tables.deliveries, state="parked", due_at=None)
    await backfill(waiting, generation=1)
    assert {state for state, _ in await states(waiting)} == {"due"}


async def test_who_no_longer_waits_or_never_confirmed_is_left_out(waiting):
    await waiting.change(tables.signups, closed_at=waiting.clock.now())
    await backfill(waiting)
    await waiting.change(tables.signups, closed_at=None, confirmed_at=None)
    await backfill(waiting)
    assert await states(waiting) == [("accepted", 1)] * 2


async def test_a_consent_that_nobody_asked_for_is_asked_for(waiting):
    await waiting.database.write(lambda conn: conn.execute(tables.deliveries.delete()) and None)
    await backfill(waiting)
    assert await states(waiting) == [("due", None)] * 2


async def test_thousands_are_written_chunk_by_chunk(waiting, database):
    [like, _] = await waiting.rows(tables.signups)
    number = 2 * consent_backfill.CHUNK
    rows = [like._asdict() | {"id": f"{n:032x}", "contact_hash": f"{n:032x}"} for n in range(number)]
    await database.write(lambda conn: conn.execute(tables.signups.insert(), rows) and None)
    await backfill(waiting)
    assert len(await states(waiting)) == number + 2
    assert {state for state, _ in await states(waiting)} == {"due"}
