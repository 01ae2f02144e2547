"""The process dies at every wait between claim and settle: afterwards everybody was told exactly once.

Where the provider does not de-duplicate: at most once, and what may have been told ends as unknown.
"""

from collections import deque
from itertools import count

import pytest

from saleor_stoq_app.database import tables
from saleor_stoq_app.deliveries import returns
from saleor_stoq_app.errors import Unknown
from saleor_stoq_app.worker import Post, Worker
from tests.fixtures.dying import dies
from tests.fixtures.floor import Floor, restocked
from tests.fixtures.telling import HANDED_OVER, HANDED_OVER_AND_FORGOTTEN, Answer, Teller

PHONES = ("+14155550101", "+14155550102", "+14155550103")
LEASE = 300
ALERTS = tables.deliveries.c.stage == "alert"

ANSWERS = {
    "accepted": None,
    "handed over": HANDED_OVER,
    "handed over and forgotten": HANDED_OVER_AND_FORGOTTEN,
    "unknown and done": Answer(Unknown("no answer")),
    "unknown and not done": Answer(Unknown("no answer"), acts=False),
}


@pytest.fixture
async def floor(floor) -> Floor:
    """Three alerts are due and the consents are there."""
    await restocked(floor, *PHONES)
    await floor.process().consents.turn(floor.shop.id)
    return floor


async def lives(floor, answer, *, deduplicates=True):
    """Begin again and again, each time with a process that dies one wait later."""
    for at in count(1):
        floor.teller = Teller(deduplicates=deduplicates, script=deque([answer] if answer else []))
        pristine = {"state": "due", "endpoint": None, "generation": None, "lease": None, "called_at": None}
        await floor.change(tables.deliveries, ALERTS, attempts=0, due_at=floor.clock.now(), **pristine)
        yield at


async def recover(floor):
    """Another process goes on once the leases of the dead one are over."""
    process = floor.process()
    for _ in range(6):
        floor.clock.advance(LEASE)
        await Worker([Post(process.alerts), Post(process.proofs[0])], floor.clock).until_idle()
        if not {"due", "handed_over"} & set(await floor.states()):
            return


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_whenever_a_sender_dies_each_phone_is_told_exactly_once(floor, answer):
    async for at in lives(floor, answer):
        died = await dies(floor.process().alerts.turn(floor.shop.id), at)
        await recover(floor)
        assert floor.teller.phones == dict.fromkeys(PHONES, 1), f"died at wait {at}"
        assert set(await floor.states()) == {"accepted"}
        if not died:
            break
    assert at > 8


@pytest.mark.parametrize("answer", [HANDED_OVER, HANDED_OVER_AND_FORGOTTEN], ids=["there", "forgotten"])
async def test_whenever_a_reader_dies_each_phone_is_told_exactly_once(floor, answer):
    async for at in lives(floor, answer):
        process = floor.process()
        await process.alerts.turn(floor.shop.id)
        floor.clock.advance(60)
        died = await dies(process.proofs[0].turn(floor.shop.id), at)
        await recover(floor)
        assert floor.teller.phones == dict.fromkeys(PHONES, 1), f"died at wait {at}"
        if not died:
            break
    assert at > 4


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_a_provider_that_would_tell_twice_is_never_asked_twice(floor, answer):
    told = set()
    async for at in lives(floor, answer, deduplicates=False):
        died = await dies(floor.process().alerts.turn(floor.shop.id), at)
        await recover(floor)
        states = set(await floor.states())
        assert max(floor.teller.phones.values(), default=0) <= 1, f"died at wait {at}"
        assert states <= {"accepted", "unknown"}
        assert states == {"unknown"} or floor.teller.phones == dict.fromkeys(PHONES, 1)
        told.add(len(floor.teller.phones))
        if not died:
            break
    assert at > 8
    assert told <= {0, 3}


async def test_a_crash_before_the_call_leaves_a_first_attempt(floor):
    async for at in lives(floor, None, deduplicates=False):
        died = await dies(floor.process().alerts.turn(floor.shop.id), at)
        called, marked = bool(floor.teller.alert_calls), {row.endpoint for row in await floor.deliveries()}
        await recover(floor)
        if not called and marked == {None}:
            assert floor.teller.phones == dict.fromkeys(PHONES, 1), f"died at wait {at}"
        if not died:
            break


async def test_what_a_dead_process_held_is_due_at_once_when_its_leases_are_returned(floor):
    dead, now = floor.process(), floor.clock.now()
    for at in count(1):
        await dies(dead.alerts.turn(floor.shop.id), at)
        if any(row.lease for row in await floor.deliveries()):
            break
    assert await floor.process().alerts.due() == []
    returned = await floor.database.write(lambda conn: returns.return_leases(conn, now, dead.id))
    assert returned == len(PHONES)
    await floor.work()
    assert floor.teller.phones == dict.fromkeys(PHONES, 1)
