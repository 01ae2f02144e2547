"""Reading back what a provider took without proof (design section 6)."""

import pytest

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import NeedsMerchant, Retryable
from saleor_stoq_app.providers.base import Account
from tests.fixtures.floor import Floor, restocked
from tests.fixtures.telling import HANDED_OVER, HANDED_OVER_AND_FORGOTTEN

PHONES = ("+14155550101", "+14155550102")


@pytest.fixture
async def floor(floor) -> Floor:
    """Two alerts were handed over a minute ago."""
    await restocked(floor, *PHONES)
    process = floor.process()
    await process.consents.turn(floor.shop.id)
    floor.teller.script.append(HANDED_OVER)
    await process.alerts.turn(floor.shop.id)
    floor.clock.advance(60)
    return floor


async def prove(floor):
    return await floor.process().proofs[0].turn(floor.shop.id)


async def test_what_the_provider_has_is_accepted(floor):
    assert await prove(floor) == 0
    assert await floor.states() == ["accepted", "accepted"]
    assert await prove(floor) is None


async def test_nothing_is_read_back_before_its_time(floor):
    await floor.change(tables.deliveries, due_at=floor.clock.now().replace(year=2030))
    assert await prove(floor) is None
    assert await floor.process().proofs[0].due() == []


async def test_what_the_provider_lost_is_told_by_a_repeat(database, clock, vault):
    floor = await Floor(database, clock, vault).open()
    await restocked(floor, *PHONES)
    floor.teller.script.append(HANDED_OVER_AND_FORGOTTEN)
    await floor.work(180)
    assert [endpoint for endpoint, _ in floor.teller.alert_calls] == ["first", "again"]
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)


async def test_one_that_was_lost_among_many_is_repeated_alone(floor):
    lost = min(key for key in floor.teller.knows if key.startswith("alert:"))
    floor.teller.knows.discard(lost)
    del floor.teller.texts[lost]
    await floor.work(60)
    assert floor.teller.alert_calls[-1] == ("again", [lost])
    assert await floor.states() == ["accepted", "accepted"]


async def test_what_was_lost_ends_as_unknown_where_a_repeat_would_be_told_again(floor):
    floor.teller.deduplicates = False
    floor.teller.knows.clear()
    await floor.work(600, step=60)
    assert await floor.states() == ["unknown", "unknown"]
    assert len(floor.teller.alert_calls) == 1


@pytest.mark.parametrize("trouble", [Retryable("Slow down."), NeedsMerchant("The key was refused.")])
async def test_while_the_provider_cannot_be_asked_it_stays_handed_over(floor, trouble):
    floor.teller.unreadable.append(trouble)
    await prove(floor)
    assert await floor.states() == ["handed_over", "handed_over"]
    floor.clock.advance(60)
    await prove(floor)
    assert await floor.states() == ["accepted", "accepted"]


async def test_without_an_account_it_stays_handed_over(floor):
    await floor.database.write(lambda conn: conn.execute(tables.connections.delete()) and None)
    await prove(floor)
    assert await floor.states() == ["handed_over", "handed_over"]


async def test_what_another_account_took_ends_as_unknown(floor):
    await floor.connect("pk_2", account=Account("XyZ789", "Other", frozenset()))
    await prove(floor)
    assert {(row.state, row.reason) for row in await floor.deliveries()} == {
        ("unknown", "It went out through an account that is no longer connected.")
    }


async def test_two_readers_take_different_rows(floor):
    first, second = floor.process().proofs[0], floor.process().proofs[0]
    assert [await first.turn(floor.shop.id), await second.turn(floor.shop.id)] == [0, None]
