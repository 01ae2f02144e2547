"""Looks: what Saleor says now against what it said last opens and closes restocks (laws 1 to 3)."""

import asyncio

import pytest

from saleor_stoq_app.alerts.looks import PER_TURN
from saleor_stoq_app.database import journal, tables
from saleor_stoq_app.errors import Forbidden, Unavailable
from saleor_stoq_app.saleor.client import Refused, TokenRefused
from saleor_stoq_app.worker import Post, Worker
from tests.fixtures.floor import Floor
from tests.fixtures.selling import CHANNEL, HAT, SHIRT
from tests.saleor.nodes import variant_id


@pytest.fixture
async def waiting(floor) -> Floor:
    """Somebody waits for a shirt that is sold out, and it was looked at."""
    floor.shelves.put(0)
    await floor.sign_up()
    await look(floor)
    return floor


async def look(floor, *, hinted=True):
    """Look at what is due, and do nothing else."""
    if hinted:
        await floor.hint(after=1)
    await Worker([Post(floor.process().looks)], floor.clock).until_idle()


async def opened(floor):
    return [(row.held != "", row.closed_at is not None) for row in await floor.rows(tables.restocks)]


OPEN, HELD, CLOSED = (False, False), (True, False), (False, True)


async def test_stock_that_comes_back_opens_one_restock_however_often_it_is_seen(waiting):
    waiting.shelves.put(5)
    for _ in range(3):
        await look(waiting)
    assert await opened(waiting) == [OPEN]


async def test_stock_that_goes_closes_the_restock_and_the_next_is_another(waiting):
    for units in (5, 0, 7):
        waiting.shelves.put(units)
        await look(waiting)
    assert await opened(waiting) == [CLOSED, OPEN]


async def test_a_false_event_changes_nothing(waiting):
    await look(waiting)
    assert await opened(waiting) == []


async def test_a_lost_event_is_made_up_for_by_the_sweep(waiting):
    waiting.shelves.put(5)
    waiting.clock.advance(300 * 1.25)
    await look(waiting, hinted=False)
    assert await opened(waiting) == [OPEN]


async def test_facts_that_were_unknown_count_as_not_sellable(waiting):
    await waiting.change(tables.watches, facts=None, sellable=None)
    waiting.shelves.put(5)
    await look(waiting)
    assert await opened(waiting) == [OPEN]


async def test_what_was_sellable_at_the_signup_waits_for_the_next_restock(floor):
    floor.shelves.put(5)
    await floor.sign_up()
    await look(floor)
    assert await opened(floor) == []


async def test_a_preorder_is_no_restock_until_it_ends(waiting):
    waiting.shelves.put(None, preorder=True)
    await look(waiting)
    assert await opened(waiting) == []
    waiting.shelves.put(5)
    await look(waiting)
    assert await opened(waiting) == [OPEN]


async def test_another_name_for_the_preorder_mark_only_holds(waiting):
    waiting.shelves.put(5, preorder=True)
    await look(waiting)
    await waiting.choices.change(
        waiting.shop.id, lambda now: now.model_copy(update={"preorder_key": "other"})
    )
    await look(waiting)
    assert await opened(waiting) == [HELD]


async def test_a_lower_minimum_holds_and_real_stock_opens_again(waiting):
    await waiting.rules(minimum_units=5)
    waiting.shelves.put(3)
    await look(waiting)
    await waiting.rules(minimum_units=1)
    await look(waiting)
    assert await opened(waiting) == [HELD]
    for units in (0, 2):
        waiting.shelves.put(units)
        await look(waiting)
    assert await opened(waiting) == [(True, True), OPEN]


async def test_auto_send_switched_on_does_not_send_what_was_held(waiting):
    await waiting.rules(automatic=False)
    waiting.shelves.put(5)
    await look(waiting)
    await waiting.rules(automatic=True)
    await waiting.work(60)
    assert await opened(waiting) == [HELD]
    assert await waiting.deliveries() == []


async def test_each_channel_has_restocks_of_its_own(floor):
    floor.shelves.channels.add("pln")
    for channel in (CHANNEL, "pln"):
        floor.shelves.put(0, channel=channel)
        await floor.sign_up(channel=channel)
    await look(floor)
    floor.shelves.put(5, channel="pln")
    await look(floor)
    assert [row.channel for row in await floor.rows(tables.restocks)] == ["pln"]


async def test_a_channel_that_is_gone_sells_nothing(waiting):
    waiting.shelves.put(5)
    await look(waiting)
    waiting.shelves.channels.clear()
    await look(waiting)
    assert await opened(waiting) == [CLOSED]


@pytest.mark.parametrize(
    "trouble", [Unavailable("silent"), Refused("a question"), Forbidden("a host"), TokenRefused("a token")]
)
async def test_saleor_without_an_answer_is_asked_again_and_nothing_changes(waiting, trouble):
    before = await waiting.rows(tables.watches)
    waiting.shelves.put(5)
    waiting.shelves.silent = trouble
    await look(waiting)
    [after], [kept] = await waiting.rows(tables.watches), before
    assert (after.facts, after.looked_at) == (kept.facts, kept.looked_at)
    assert await opened(waiting) == []
    waiting.shelves.silent = None
    waiting.clock.advance(20)
    await look(waiting, hinted=False)
    assert await opened(waiting) == [OPEN]


async def test_a_refused_token_raises_a_doubt(waiting):
    waiting.shelves.silent = TokenRefused("dead")
    await look(waiting)
    [shop] = [row for row in await _shops(waiting) if row.id == waiting.shop.id]
    assert shop.ask_at == waiting.clock.now()


async def _shops(floor):
    return await floor.database.read(lambda conn: conn.execute(tables.shops.select()).all())


async def test_an_older_question_answered_later_changes_nothing(waiting):
    """The older look saw stock, the newer one that it was gone again."""
    slow, quick = waiting.process(), waiting.process()
    waiting.shelves.put(5)
    late = waiting.shelves.late = asyncio.Event()
    await waiting.hint(after=1)
    waiting.shelves.question.clear()
    older = asyncio.create_task(slow.looks.turn(waiting.shop.id))
    await waiting.shelves.question.wait()
    await asyncio.sleep(0)
    waiting.shelves.late = None
    waiting.shelves.put(0)
    await waiting.hint(after=1)
    await quick.looks.turn(waiting.shop.id)
    late.set()
    await older
    assert await opened(waiting) == []
    [watch] = await waiting.rows(tables.watches)
    assert watch.facts["units"] == 0


async def test_the_journal_says_why_with_the_facts_before_and_now(waiting):
    waiting.shelves.put(5)
    await look(waiting)
    shop_id = waiting.shop.id
    [entry] = await waiting.database.read(
        lambda conn: journal.read(conn, shop_id=shop_id, subject=f"{SHIRT}@{CHANNEL}")
    )
    assert (entry.what, entry.seen["before"]["units"], entry.seen["now"]["units"]) == ("restock.opened", 0, 5)


async def test_many_watches_are_looked_at_in_bounded_turns(floor):
    for number in range(3):
        floor.shelves.put(0, variant_id(number))
        await floor.sign_up(variant=variant_id(number))
    looks = floor.process().looks
    assert PER_TURN > 3
    assert await looks.turn(floor.shop.id) is None
    assert len(floor.shelves.asked[-1][1]) == 3
    assert await looks.due() == []


async def test_one_look_that_fails_leaves_the_other_channels_their_look(floor):
    floor.shelves.channels.add("pln")
    floor.shelves.put(0)
    floor.shelves.put(0, HAT, "pln")
    await floor.sign_up()
    await floor.sign_up(variant=HAT, channel="pln")
    asked = len(floor.shelves.asked)
    floor.shelves.silent = Refused("a question")
    await look(floor, hinted=False)
    assert {channel for channel, _ in floor.shelves.asked[asked:]} == {CHANNEL, "pln"}
