"""A restock and its shoppers: who is owed an alert while it is open, each once (law 2)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from saleor_stoq_app.alerts import restocks
from saleor_stoq_app.database import tables
from saleor_stoq_app.events import Stage
from saleor_stoq_app.worker import Post, Worker
from tests.fixtures.floor import restocked
from tests.fixtures.selling import CHANNEL, HAT, SHIRT

ANN, BEA, CAT = "+14155550101", "+14155550102", "+14155550103"


async def fill(floor):
    """Write the deliveries that are due, and nothing else."""
    await Worker([Post(floor.process().restocks)], floor.clock).until_idle()


async def told(floor):
    return [row.signup_id for row in await floor.deliveries()]


async def many(floor, number, *, first=0):
    """Let more shoppers wait than a test would like to sign up; they get ids of this moment."""
    [like, *_] = await floor.rows(tables.signups)
    prefix = f"{int(floor.clock.now().timestamp() * 1000):012x}"
    rows = [
        like._asdict()
        | {"id": f"{prefix}{n:020x}", "contact_hash": f"{n:032x}", "created_at": floor.clock.now()}
        for n in range(first, first + number)
    ]
    await floor.database.write(lambda conn: conn.execute(sa.insert(tables.signups), rows) and None)


async def test_everyone_who_waits_for_the_variant_in_the_channel_is_owed_one_alert(floor):
    floor.shelves.channels.add("pln")
    floor.shelves.put(0, HAT)
    floor.shelves.put(0, channel="pln")
    await floor.sign_up(CAT, HAT)
    await floor.sign_up(CAT, channel="pln")
    ids = await restocked(floor, ANN, BEA)
    assert set(await told(floor)) == set(ids)


async def test_a_delivery_is_one_row_per_signup_and_restock(floor):
    [signup_id] = await restocked(floor, ANN)
    [restock] = await floor.rows(tables.restocks)
    await floor.change(tables.restocks, cursor="", due_at=floor.clock.now())
    await fill(floor)
    assert [row.told_key for row in await floor.deliveries()] == [f"alert:{signup_id}:{restock.id}"]


async def test_who_asks_within_fifteen_minutes_is_told_and_later_not(floor):
    await restocked(floor, ANN)
    floor.clock.advance(15 * 60)
    joined = await floor.sign_up(BEA)
    floor.clock.advance(1)
    late = await floor.sign_up(CAT)
    await floor.work(600)
    assert joined in await told(floor)
    assert late not in await told(floor)


async def test_who_came_too_late_is_told_at_the_next_restock(floor):
    await restocked(floor, ANN)
    await floor.work(3600, step=300)
    await floor.sign_up(BEA)
    for units in (0, 3):
        floor.shelves.put(units)
        await floor.hint(after=1)
        await floor.work(30)
    assert floor.teller.phones == {ANN: 2, BEA: 1}


async def test_nobody_joins_a_restock_that_is_held_or_closed(floor):
    await restocked(floor, ANN)
    for values in ({"held": "auto-send is off"}, {"held": "", "closed_at": floor.clock.now()}):
        await floor.change(tables.restocks, due_at=None, **values)
        await floor.sign_up(BEA if values["held"] else CAT)
        assert (await floor.rows(tables.restocks))[0].due_at is None


async def test_a_held_restock_writes_no_deliveries(floor):
    await floor.rules(automatic=False)
    await restocked(floor, ANN)
    await floor.work(1800, step=300)
    assert await floor.deliveries() == []


@pytest.mark.parametrize("change", ["closed", "unconfirmed"])
async def test_who_no_longer_waits_is_owed_nothing(floor, change):
    floor.shelves.put(0)
    await floor.sign_up(ANN)
    await floor.work()
    gone = {"closed": {"closed_at": floor.clock.now()}, "unconfirmed": {"confirmed_at": None}}
    await floor.change(tables.signups, **gone[change])
    floor.shelves.put(5)
    await floor.hint(after=1)
    await floor.work()
    assert await floor.deliveries() == []


async def test_thousands_are_written_in_chunks_that_no_crash_can_lose(floor):
    await floor.rules(automatic=False)
    await restocked(floor, ANN)
    await many(floor, 2 * restocks.CHUNK)
    await floor.change(tables.restocks, held="", due_at=floor.clock.now())
    process, shop_id = floor.process(), floor.shop.id
    assert await process.restocks.turn(shop_id) == 0
    assert len(await told(floor)) == restocks.CHUNK
    await fill(floor)
    assert len(await told(floor)) == 2 * restocks.CHUNK + 1


async def test_shoppers_who_join_cannot_keep_the_others_waiting(floor):
    """A pass over many goes on where it was, however often somebody joins meanwhile."""
    await floor.rules(automatic=False)
    await restocked(floor, ANN)
    await many(floor, 2 * restocks.CHUNK)
    floor.clock.advance(120)
    await floor.change(tables.restocks, held="", due_at=floor.clock.now())
    process, shop_id = floor.process(), floor.shop.id
    for turn in range(3):
        await process.restocks.turn(shop_id)
        await floor.sign_up(f"+1415555020{turn}")
    assert len(await told(floor)) > 2 * restocks.CHUNK
    await fill(floor)
    assert len(await told(floor)) == 2 * restocks.CHUNK + 4
    [restock] = await floor.rows(tables.restocks)
    assert restock.cursor == restocks.DONE


@pytest.mark.parametrize("minutes", [15, 0])
async def test_a_signup_whose_transaction_was_slow_is_found_by_the_last_pass(floor, minutes):
    """It began before the restock opened and was committed after everybody else had been written."""
    await floor.rules(join_minutes=minutes)
    await restocked(floor, ANN)
    [restock] = await floor.rows(tables.restocks)
    [like] = await floor.rows(tables.signups)
    begun = restock.opened_at - timedelta(seconds=2)
    slow = f"{int(begun.timestamp() * 1000):012x}{'f' * 20}"
    row = like._asdict() | {"id": slow, "contact_hash": "slow", "created_at": begun}
    await floor.database.write(lambda conn: conn.execute(sa.insert(tables.signups), row) and None)
    await fill(floor)
    assert slow not in await told(floor)
    floor.clock.advance(17 * 60)
    await fill(floor)
    assert slow in await told(floor)
    assert (await floor.rows(tables.restocks))[0].due_at is None


async def test_a_restock_that_closes_is_due_no_more(floor):
    await restocked(floor, ANN)
    floor.shelves.put(0)
    await floor.hint(after=1)
    await floor.process().looks.turn(floor.shop.id)
    assert await floor.process().restocks.due() == []
    assert (await floor.rows(tables.restocks))[0].closed_at == floor.clock.now()


async def test_a_restock_that_closed_before_its_alert_left_is_told_at_the_next_one_once(floor):
    [signup_id] = await restocked(floor, ANN)
    floor.shelves.put(0)
    await floor.hint(after=1)
    await floor.work(60)
    assert await floor.states() == ["cancelled"]
    floor.shelves.put(5)
    await floor.hint(after=1)
    await floor.work(1800, step=300)
    assert sorted(await floor.states()) == ["accepted", "cancelled"]
    assert await told(floor) == [signup_id, signup_id]
    assert floor.teller.phones == {ANN: 1}


async def test_stock_that_is_away_for_the_moment_of_the_check_alone_forgets_nobody(floor):
    """The check before the send sees it gone, the look after it sees it back: the restock goes on."""
    await restocked(floor, ANN)
    process = floor.process()
    await process.consents.turn(floor.shop.id)
    floor.shelves.put(0)
    await process.alerts.turn(floor.shop.id)
    assert await floor.states() == ["due"]
    floor.shelves.put(5)
    await floor.work(60)
    assert floor.teller.phones == {ANN: 1}


async def test_the_alerts_belong_to_the_provider_that_the_merchant_chose(floor):
    await restocked(floor, ANN)
    [row] = await floor.deliveries()
    assert (row.provider, row.stage, row.medium, row.state) == ("klaviyo", Stage.ALERT, "sms", "due")


async def test_a_restock_opens_with_what_was_seen(floor):
    await restocked(floor, ANN, units=7)
    [row] = await floor.rows(tables.restocks)
    assert (row.variant_id, row.channel, row.units, row.held) == (SHIRT, CHANNEL, 7, "")
    assert row.joins_until - row.opened_at == timedelta(minutes=15)
