"""Claim, check, call, settle: what becomes of alerts on their way to a provider (laws 5, 6, 8)."""

import asyncio

import pytest

from saleor_stoq_app.database import tables
from saleor_stoq_app.deliveries.dispatch import LEASE
from saleor_stoq_app.errors import NeedsMerchant, Rejected, Retryable, Unknown
from saleor_stoq_app.providers.base import Account, ProviderId
from tests.fixtures.floor import Floor, restocked
from tests.fixtures.telling import HANDED_OVER, SIZE, Answer, loses

PHONES = ("+14155550101", "+14155550102")
ALERTS = tables.deliveries.c.stage == "alert"


@pytest.fixture
async def floor(floor) -> Floor:
    """Two alerts are due."""
    await restocked(floor, *PHONES)
    await floor.process().consents.turn(floor.shop.id)
    return floor


async def turn(floor):
    return await floor.process().alerts.turn(floor.shop.id)


async def endpoints(floor):
    return [endpoint for endpoint, _ in floor.teller.alert_calls]


async def problem(floor):
    return (await floor.connections.of(floor.shop.id, ProviderId.KLAVIYO)).problem


async def test_what_is_due_leaves_in_one_call_and_is_settled(floor):
    assert await turn(floor) == 0
    assert await turn(floor) is None
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)
    assert await floor.states() == ["accepted", "accepted"]
    assert len(floor.teller.alert_calls) == 1


async def test_a_provider_that_asks_to_wait_is_not_called_and_nothing_is_leased(floor):
    floor.teller.paces.append(7.5)
    assert await turn(floor) == 7.5
    assert {row.lease for row in await floor.deliveries()} == {None}


async def test_more_than_a_call_takes_leaves_in_several(database, clock, vault):
    floor = await Floor(database, clock, vault).open()
    await restocked(floor, *(f"+1415555{n:04}" for n in range(SIZE + 10)))
    await floor.work()
    assert [len(keys) for _, keys in floor.teller.alert_calls] == [SIZE, 10]


async def test_retryable_is_tried_again_as_a_first_attempt(floor):
    floor.teller.script.extend([loses(Retryable("Slow down.", after=30)), Answer()])
    await turn(floor)
    assert {row.endpoint for row in await floor.deliveries()} == {None}
    floor.clock.advance(29)
    assert await turn(floor) is None
    floor.clock.advance(1)
    await turn(floor)
    assert await endpoints(floor) == ["first", "first"]
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)


async def test_unknown_is_repeated_alone_as_a_repeat(floor):
    floor.teller.script.append(Answer(Unknown("No answer.")))
    await floor.work(30)
    assert await endpoints(floor) == ["first", "again"]
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)


async def test_a_retryable_repeat_stays_a_repeat(floor):
    floor.teller.script.extend([Answer(Unknown("No answer.")), loses(Retryable("Slow down."))])
    await floor.work(60)
    assert await endpoints(floor) == ["first", "again", "again"]


async def test_unknown_ends_where_a_repeat_would_be_told_again(floor):
    floor.teller.deduplicates = False
    floor.teller.script.append(Answer(Unknown("No answer.")))
    await floor.work(600, step=60)
    assert await floor.states() == ["unknown", "unknown"]
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)


async def test_rejected_ends_with_the_reason(floor):
    floor.teller.script.append(loses(Rejected("The phone is not valid.")))
    await floor.work(60)
    assert {(row.state, row.reason) for row in await floor.deliveries()} == {
        ("rejected", "The phone is not valid.")
    }


@pytest.mark.parametrize("of_each", [False, True])
async def test_what_only_the_merchant_can_mend_parks_and_is_reported(floor, of_each):
    floor.teller.script.append(Answer(NeedsMerchant("The key was refused."), acts=False, of_each=of_each))
    await floor.work(60)
    assert await floor.states() == ["parked", "parked"]
    assert await problem(floor) == "The key was refused."
    assert len(floor.teller.alert_calls) == 1


async def test_without_an_account_everything_parks_with_the_reason(floor):
    await floor.database.write(lambda conn: conn.execute(tables.connections.delete()) and None)
    await turn(floor)
    assert {(row.state, row.reason) for row in await floor.deliveries()} == {
        ("parked", "Teller is not connected.")
    }


async def test_a_refusal_of_a_key_that_was_replaced_meanwhile_is_no_problem_of_the_new_one(floor):
    floor.teller.slow = asyncio.Event()
    floor.teller.called.clear()
    floor.teller.script.append(loses(NeedsMerchant("The key was refused.")))
    late = asyncio.create_task(turn(floor))
    await floor.teller.called.wait()
    await floor.connect("pk_2")
    floor.teller.slow.set()
    await late
    assert await problem(floor) == ""


@pytest.mark.parametrize("kind", ["api_key", "oauth"])
async def test_what_another_account_may_have_told_is_never_repeated(floor, kind):
    floor.teller.script.append(Answer(Unknown("No answer.")))
    await turn(floor)
    account = Account("XyZ789", "Other", frozenset())
    await floor.connect("pk_2", account=account, kind=kind)
    await floor.change(tables.deliveries, ~ALERTS, generation=2)
    await floor.work(60)
    assert len(floor.teller.alert_calls) == 1
    assert await floor.states() == ["unknown", "unknown"]


async def test_what_no_account_was_ever_called_with_goes_out_through_the_new_one(floor):
    await floor.connect("pk_2", account=Account("XyZ789", "Other", frozenset()))
    await floor.change(tables.deliveries, ~ALERTS, generation=2)
    await turn(floor)
    assert {row.generation for row in await floor.deliveries()} == {2}
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)


async def test_the_same_account_with_another_key_repeats_what_is_unknown(floor):
    floor.teller.script.append(Answer(Unknown("No answer.")))
    await turn(floor)
    await floor.connect("pk_2")
    await floor.work(60)
    assert await endpoints(floor) == ["first", "again"]


@pytest.mark.parametrize("number", [1, 2])
async def test_a_lease_lost_while_saleor_was_asked_means_no_call(floor, number):
    """Another process took one or both meanwhile; the rest is handed back at once."""
    floor.shelves.late = asyncio.Event()
    floor.shelves.question.clear()
    slow = asyncio.create_task(turn(floor))
    await floor.shelves.question.wait()
    keys = [row.told_key for row in await floor.deliveries()][:number]
    await floor.change(tables.deliveries, tables.deliveries.c.told_key.in_(keys), lease="other")
    floor.shelves.late.set()
    await slow
    assert floor.teller.alert_calls == []
    assert [(row.lease, row.endpoint) for row in await floor.deliveries()] == [("other", None)] * number + [
        (None, None)
    ] * (2 - number)


async def test_an_answer_that_comes_after_the_lease_ran_out_changes_nothing(floor):
    floor.teller.slow = asyncio.Event()
    floor.teller.called.clear()
    slow = asyncio.create_task(turn(floor))
    await floor.teller.called.wait()
    floor.clock.advance(LEASE.total_seconds())
    slower, floor.teller.slow = floor.teller.slow, None
    await turn(floor)
    settled = await floor.deliveries()
    slower.set()
    await slow
    assert await floor.deliveries() == settled
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)


async def test_two_workers_share_the_work_and_tell_nobody_twice(database, clock, vault):
    floor = await Floor(database, clock, vault).open()
    floor.teller.deduplicates = False
    phones = [f"+1415555{n:04}" for n in range(3 * SIZE)]
    await restocked(floor, *phones)
    while await floor.process().consents.turn(floor.shop.id) is not None:
        pass
    workers = [floor.process().alerts for _ in range(4)]
    while any(done is not None for done in await asyncio.gather(*(w.turn(floor.shop.id) for w in workers))):
        pass
    assert floor.teller.phones == dict.fromkeys(phones, 1)


async def test_a_message_of_which_nothing_was_said_is_unknown(floor):
    floor.teller.script.append(Answer(acts=False))
    send = floor.teller.send

    class Forgetful(type(floor.teller)):
        async def send(self, batch, messages):
            return dict(list((await send(batch, messages)).items())[:1])

    floor.teller.__class__ = Forgetful
    await turn(floor)
    assert sorted(await floor.states()) == ["accepted", "due"]


async def test_handed_over_is_not_yet_told(floor):
    floor.teller.script.append(HANDED_OVER)
    await turn(floor)
    assert await floor.states() == ["handed_over", "handed_over"]
    assert await floor.process().alerts.due() == []
