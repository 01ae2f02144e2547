"""When to look next: hints move it forward, looks move it on, and nothing loses a hint (law 1)."""

from datetime import timedelta

import pytest

from saleor_stoq_app.alerts import watches
from saleor_stoq_app.database import tables
from saleor_stoq_app.saleor.availability import Facts
from tests.fixtures.selling import CHANNEL, HAT, SHIRT
from tests.saleor.nodes import SELLABLE

SEEN = {"facts": SELLABLE.to_json(), "sellable": True}


@pytest.fixture
async def watched(floor):
    """A shirt and a hat that somebody waits for, both to be looked at in an hour."""
    floor.shelves.put(0)
    floor.shelves.put(0, HAT)
    await floor.sign_up(variant=SHIRT)
    await floor.sign_up(variant=HAT)
    await floor.change(tables.watches, due_at=floor.clock.now() + timedelta(hours=1))
    return floor


async def due(floor):
    rows = await floor.rows(tables.watches)
    return {row.variant_id: (row.due_at - floor.clock.now()).total_seconds() for row in rows}


async def hint(floor, *variants, after=5):
    now, shop_id = floor.clock.now(), floor.shop.id
    due_at = now + timedelta(seconds=after)
    await floor.database.write(lambda conn: watches.hint(conn, shop_id, variants, due_at))


async def claim(floor, limit=10):
    now, shop_id = floor.clock.now(), floor.shop.id
    return await floor.database.write(
        lambda conn: watches.claim(conn, shop_id, now=now, until=now + watches.LEASE, limit=limit)
    )


async def test_a_hint_moves_forward_the_look_at_its_variant_alone(watched):
    await hint(watched, SHIRT)
    assert await due(watched) == {SHIRT: 5, HAT: 3600}


async def test_an_event_of_many_lines_moves_all_of_them(watched):
    await hint(watched, SHIRT, HAT, "UHJvZHVjdFZhcmlhbnQ6OQ==")
    assert await due(watched) == {SHIRT: 5, HAT: 5}


async def test_a_later_hint_delays_nothing_so_that_a_flood_cannot_put_off_the_look(watched):
    await hint(watched, SHIRT, after=5)
    await hint(watched, SHIRT, after=50)
    assert (await due(watched))[SHIRT] == 5


async def test_hints_for_nothing_and_for_what_nobody_waits_for_touch_nothing(watched):
    before = await watched.rows(tables.watches)
    await hint(watched)
    await hint(watched, "UHJvZHVjdFZhcmlhbnQ6OQ==")
    assert await watched.rows(tables.watches) == before


async def test_the_hint_of_one_shop_is_nothing_to_another(watched, database, clock, vault):
    other = await type(watched)(database, clock, vault).open()
    await hint(other, SHIRT)
    assert (await due(watched))[SHIRT] == 3600


async def test_what_is_claimed_comes_back_only_after_its_lease(watched):
    await hint(watched, SHIRT, after=0)
    assert [watch.variant_id for watch in await claim(watched)] == [SHIRT]
    assert await claim(watched) == []
    watched.clock.advance(watches.LEASE.total_seconds())
    assert [watch.variant_id for watch in await claim(watched)] == [SHIRT]


async def test_what_has_been_due_for_longest_is_claimed_first(watched):
    await hint(watched, HAT, after=0)
    watched.clock.advance(1)
    await hint(watched, SHIRT, after=0)
    assert [watch.variant_id for watch in await claim(watched, limit=1)] == [HAT]


async def test_a_hint_during_a_look_keeps_the_time_that_it_asked_for(watched):
    await hint(watched, SHIRT, after=0)
    [watch] = await claim(watched)
    await hint(watched, SHIRT, after=5)
    now, shop_id = watched.clock.now(), watched.shop.id
    await watched.database.write(
        lambda conn: watches.store_look(
            conn, shop_id, watch, SEEN | {"looked_at": now}, now + timedelta(hours=2)
        )
    )
    assert (await due(watched))[SHIRT] == 5


async def test_without_a_hint_the_look_decides_when_the_next_one_comes(watched):
    await hint(watched, SHIRT, after=0)
    [watch] = await claim(watched)
    now, shop_id = watched.clock.now(), watched.shop.id
    await watched.database.write(
        lambda conn: watches.store_look(
            conn, shop_id, watch, SEEN | {"looked_at": now}, now + timedelta(hours=2)
        )
    )
    assert (await due(watched))[SHIRT] == 7200


async def test_the_facts_of_a_look_come_back_as_they_were(watched):
    [watch] = [one for one in await _read(watched) if one.variant_id == SHIRT]
    assert watch.facts == Facts(0, published=True, purchasable=True, priced=True, preorder=False)
    assert (watch.channel, watch.sellable, watch.hints) == (CHANNEL, False, 0)


async def _read(floor):
    await hint(floor, SHIRT, HAT, after=0)
    claimed = await claim(floor)
    await floor.change(tables.watches, hints=0)
    shop_id, later = floor.shop.id, floor.clock.now() + timedelta(seconds=1)
    return await floor.database.write(
        lambda conn: [watches.read_again(conn, shop_id, watch, later) for watch in claimed]
    )


async def test_an_older_question_finds_no_watch_to_change(watched):
    await hint(watched, SHIRT, after=0)
    [watch] = await claim(watched)
    now, shop_id = watched.clock.now(), watched.shop.id
    await watched.change(tables.watches, looked_at=now)

    def read(asked_at):
        return watched.database.write(lambda conn: watches.read_again(conn, shop_id, watch, asked_at))

    assert await read(now - timedelta(seconds=1)) is None
    assert await read(now) is None
    assert await read(now + timedelta(seconds=1)) is not None


async def test_only_shops_that_are_switched_on_are_due(watched):
    async def shops():
        now = watched.clock.now()
        return await watched.database.read(lambda conn: watches.shops_due(conn, now))

    assert await shops() == []
    await hint(watched, SHIRT, after=0)
    assert await shops() == [watched.shop.id]
    await watched.shops.set_status(watched.shop.id, "paused")
    assert await shops() == []


async def test_after_a_death_what_may_have_been_under_way_is_looked_at_soon(watched):
    await hint(watched, SHIRT, after=0)
    await claim(watched)
    now = watched.clock.now()
    await watched.database.write(lambda conn: watches.bring_forward(conn, now))
    assert await due(watched) == {SHIRT: 0, HAT: 3600}
