"""A clock that was ahead and is set right: looks go on, and nobody is forgotten until tomorrow."""

from datetime import timedelta

import pytest

from saleor_stoq_app.alerts import watches
from saleor_stoq_app.database import tables
from tests.fixtures.floor import Floor
from tests.fixtures.selling import CHANNEL, SHIRT


@pytest.fixture
async def floor(database, clock, vault) -> Floor:
    return await Floor(database, clock, vault).open()


async def read_again(floor, *, looked_ahead: timedelta):
    now, shop_id = floor.clock.now(), floor.shop.id
    row = {
        "shop_id": shop_id,
        "variant_id": SHIRT,
        "channel": CHANNEL,
        "due_at": now,
        "hints": 0,
        "created_at": now,
        "looked_at": now + looked_ahead,
    }
    await floor.database.write(lambda conn: conn.execute(tables.watches.insert(), row) and None)
    watch = watches.Watch(SHIRT, CHANNEL, None, None, 0)
    return await floor.database.write(lambda conn: watches.read_again(conn, shop_id, watch, now))


async def test_a_look_from_tomorrow_does_not_silence_the_looks_of_today(floor):
    assert await read_again(floor, looked_ahead=timedelta(days=1)) is not None


async def test_a_look_that_was_asked_a_little_later_still_wins(floor):
    assert await read_again(floor, looked_ahead=timedelta(seconds=30)) is None
