"""The ledger: one row per thing told, leased before the call and settled after it (law 5)."""

import asyncio
from datetime import timedelta
from itertools import chain

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database import tables
from saleor_stoq_app.deliveries import ledger, returns
from saleor_stoq_app.deliveries.ledger import About, Due, Lease, Settlement, State
from saleor_stoq_app.deliveries.returns import Route
from saleor_stoq_app.events import AlertType, Medium, Stage
from saleor_stoq_app.providers.base import ProviderId

KLAVIYO = Route(AlertType.BACK_IN_STOCK, Medium.SMS, ProviderId.KLAVIYO)
PROCESS = "0123456789abcdef0123"


def about(floor, stage=Stage.ALERT):
    return About(floor.shop.id, AlertType.BACK_IN_STOCK, stage, Medium.SMS, "klaviyo")


def lease(floor, *, name="a", seconds=120, state=State.DUE):
    until = floor.clock.now() + timedelta(seconds=seconds)
    return Lease(f"{PROCESS}{name}", floor.shop.id, Stage.ALERT, state, until)


async def owe(floor, *signup_ids, restock_id="r"):
    now, subject = floor.clock.now(), about(floor)

    def add(conn):
        one = [sa.select(sa.literal(signup_id).label("id")) for signup_id in signup_ids]
        chosen = (sa.union_all(*one) if len(one) > 1 else one[0]).subquery()
        ledger.add_alerts(conn, subject, chosen.c.id, restock_id, now)

    await floor.database.write(add)


async def claim(floor, held, *, limit=10, repeat=None):
    now = floor.clock.now()
    claimed = await floor.database.write(
        lambda conn: ledger.claim(conn, held, now=now, limit=limit, repeat=repeat)
    )
    return [one.signup_id for one in claimed]


async def mark(floor, held, generation=1):
    now = floor.clock.now()
    return await floor.database.write(
        lambda conn: ledger.mark_called(conn, held, endpoint="bulk", generation=generation, now=now)
    )


async def settle(floor, held, state, keys=None, **more):
    settlement = Settlement(state, "", more.pop("due_at", None), floor.clock.now(), **more)
    await floor.database.write(lambda conn: ledger.settle(conn, held, settlement, keys))


async def test_a_thing_is_told_under_one_key_however_often_it_is_owed(floor):
    await owe(floor, "a", "b")
    await owe(floor, "b", "c")
    assert [row.told_key for row in await floor.deliveries()] == ["alert:a:r", "alert:b:r", "alert:c:r"]


async def test_what_was_told_already_stays_as_it_is(floor):
    await owe(floor, "a")
    await floor.change(tables.deliveries, state="accepted", due_at=None)
    await owe(floor, "a")
    assert await floor.states() == ["accepted"]


async def test_another_restock_is_another_thing_to_tell(floor):
    await owe(floor, "a")
    await owe(floor, "a", restock_id="s")
    assert len(await floor.deliveries()) == 2


async def test_a_leased_row_is_nobody_elses_until_the_lease_ran_out(floor):
    await owe(floor, "a", "b")
    assert await claim(floor, lease(floor)) == ["a", "b"]
    assert await claim(floor, lease(floor, name="b")) == []
    floor.clock.advance(120)
    assert await claim(floor, lease(floor, name="b")) == ["a", "b"]


async def test_claims_at_the_same_moment_take_different_rows(floor):
    await owe(floor, *(f"{n:02}" for n in range(40)))
    taken = await asyncio.gather(*(claim(floor, lease(floor, name=f"{n}"), limit=10) for n in range(4)))
    assert sorted(chain.from_iterable(taken)) == [f"{n:02}" for n in range(40)]


async def test_first_attempts_and_repeats_are_claimed_apart(floor):
    await owe(floor, "a")
    first = lease(floor)
    await claim(floor, first)
    await mark(floor, first)
    floor.clock.advance(120)
    await owe(floor, "b")
    now, shop_id = floor.clock.now(), floor.shop.id
    counted = await floor.database.read(lambda conn: ledger.count_due(conn, shop_id, Stage.ALERT, now, 10))
    assert counted == Due(1, False, "klaviyo")
    assert await claim(floor, lease(floor, name="b"), repeat=True) == ["a"]
    assert await claim(floor, lease(floor, name="c"), repeat=False) == ["b"]


async def test_repeats_go_when_no_first_attempt_is_left(floor):
    await owe(floor, "a")
    held = lease(floor)
    await claim(floor, held)
    await mark(floor, held)
    await settle(floor, held, State.DUE, due_at=floor.clock.now())
    now, shop_id = floor.clock.now(), floor.shop.id
    counted = await floor.database.read(lambda conn: ledger.count_due(conn, shop_id, Stage.ALERT, now, 10))
    assert counted == Due(1, True, "klaviyo")


async def test_the_call_is_remembered_before_it_is_made_and_counted(floor):
    await owe(floor, "a")
    held = lease(floor)
    await claim(floor, held)
    assert await mark(floor, held, generation=3) == 1
    [row] = await floor.deliveries()
    assert (row.endpoint, row.generation, row.called_at) == ("bulk", 3, floor.clock.now())
    assert (row.state, row.attempts) == ("due", 1)


@pytest.mark.parametrize("lost", ["claimed by another", "returned", "settled"])
async def test_a_lease_that_was_lost_marks_and_settles_nothing(floor, lost):
    await owe(floor, "a")
    held = lease(floor)
    await claim(floor, held)
    if lost == "claimed by another":
        floor.clock.advance(120)
        await claim(floor, lease(floor, name="b"))
    elif lost == "returned":
        now = floor.clock.now()
        await floor.database.write(lambda conn: returns.return_leases(conn, now, PROCESS))
    else:
        await settle(floor, held, State.CANCELLED)
    [before] = await floor.deliveries()
    assert await mark(floor, held) == 0
    await settle(floor, held, State.ACCEPTED)
    assert await floor.deliveries() == [before]


async def test_a_settlement_is_written_for_some_or_for_all_that_the_lease_holds(floor):
    await owe(floor, "a", "b", "c")
    held = lease(floor)
    await claim(floor, held)
    await settle(floor, held, State.REJECTED, ["alert:b:r"])
    await settle(floor, held, State.ACCEPTED)
    assert await floor.states() == ["accepted", "rejected", "accepted"]
    assert {(row.lease, row.settled_at) for row in await floor.deliveries()} == {(None, floor.clock.now())}


async def test_a_settlement_may_forget_a_call_that_was_surely_not_made(floor):
    await owe(floor, "a")
    held = lease(floor)
    await claim(floor, held)
    await mark(floor, held)
    await settle(floor, held, State.DUE, due_at=floor.clock.now(), forget_call=True)
    [row] = await floor.deliveries()
    assert (row.endpoint, row.called_at, row.attempts) == (None, None, 1)


async def test_the_oldest_are_claimed_first(floor):
    await owe(floor, "z")
    floor.clock.advance(1)
    await owe(floor, "a", "b")
    assert await claim(floor, lease(floor), limit=2) == ["a", "z"]


async def test_a_shop_never_claims_what_another_one_owes(floor, database, clock, vault):
    other = await type(floor)(database, clock, vault).open()
    await owe(floor, "a")
    assert await claim(other, lease(other)) == []


async def test_shops_that_are_switched_off_are_not_due(floor):
    await owe(floor, "a")

    async def due(state=State.DUE):
        now = floor.clock.now()
        return await floor.database.read(lambda conn: ledger.shops_due(conn, Stage.ALERT, state, now))

    assert (await due(), await due(State.HANDED_OVER)) == ([floor.shop.id], [])
    await floor.shops.set_status(floor.shop.id, "paused")
    assert await due() == []


async def test_released_alerts_are_due_again_and_old_ones_expire(floor):
    await owe(floor, "a")
    floor.clock.advance(10)
    await owe(floor, "b")
    await floor.change(tables.deliveries, state="parked", due_at=None)
    now, shop_id = floor.clock.now(), floor.shop.id

    def release(conn):
        return returns.release(conn, shop_id, [KLAVIYO], now, created_after=now)

    assert await floor.database.write(release) == 1
    assert await floor.states() == ["expired", "due"]


async def test_what_was_never_called_goes_to_the_provider_that_is_chosen_now_and_the_rest_stays(floor):
    await owe(floor, "a", "b", "c")
    await floor.change(tables.deliveries, state="parked", due_at=None)
    called = tables.deliveries.c.signup_id == "b"
    await floor.change(tables.deliveries, called, endpoint="bulk", called_at=floor.clock.now())
    held = tables.deliveries.c.signup_id == "c"
    await floor.change(tables.deliveries, held, state="due", lease="somebody", due_at=floor.clock.now())
    now, shop_id = floor.clock.now(), floor.shop.id
    stoq = Route(AlertType.BACK_IN_STOCK, Medium.SMS, ProviderId.STOQ)

    await floor.database.write(lambda conn: returns.release(conn, shop_id, [stoq], now, created_after=now))

    rows = [(row.signup_id, row.provider, row.state) for row in await floor.deliveries()]
    assert rows == [("a", "stoq", "due"), ("b", "klaviyo", "parked"), ("c", "klaviyo", "due")]


async def test_each_alert_type_and_medium_is_released_apart(floor):
    await owe(floor, "a")
    await floor.change(tables.deliveries, state="parked", due_at=None)
    now, shop_id = floor.clock.now(), floor.shop.id
    others = [
        Route(AlertType.PREORDER, Medium.SMS, ProviderId.KLAVIYO),
        Route(AlertType.BACK_IN_STOCK, Medium.EMAIL, ProviderId.KLAVIYO),
    ]
    await floor.database.write(lambda conn: returns.release(conn, shop_id, others, now, created_after=now))
    assert await floor.states() == ["parked"]


async def test_deliveries_of_two_providers_are_counted_and_claimed_apart(floor):
    await owe(floor, "a", "b")
    await floor.change(tables.deliveries, tables.deliveries.c.signup_id == "b", provider="stoq")
    now, shop_id = floor.clock.now(), floor.shop.id
    counted = await floor.database.read(lambda conn: ledger.count_due(conn, shop_id, Stage.ALERT, now, 10))
    assert counted.count == 1
    held = lease(floor)
    claimed = await floor.database.write(
        lambda conn: ledger.claim(conn, held, now=now, limit=10, provider="stoq")
    )
    assert [(one.signup_id, one.provider) for one in claimed] == [("b", "stoq")]


async def test_only_the_leases_of_the_dead_come_back(floor):
    await owe(floor, "a", "b")
    await claim(floor, lease(floor), limit=1)
    await floor.database.write(
        lambda conn: ledger.claim(
            conn,
            Lease("f" * 32, floor.shop.id, Stage.ALERT, State.DUE, floor.clock.now() + timedelta(seconds=60)),
            now=floor.clock.now(),
            limit=1,
        )
    )
    now = floor.clock.now()
    assert await floor.database.write(lambda conn: returns.return_leases(conn, now, PROCESS)) == 1
    assert await claim(floor, lease(floor, name="c")) == ["a"]
