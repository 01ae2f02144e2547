"""Hints that come together are stored together, and a delivery is answered only when its own is."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.webhooks.hints import AT_ONCE, Hints
from tests.webhooks.sender import FakeSaleor

DUE = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


class Statements:
    """Counts what reaches the database while the first transaction can be held back."""

    def __init__(self, database):
        self.updates = 0
        self.gate = threading.Event()
        self.gate.set()
        sa.event.listen(database.engine, "before_cursor_execute", self._count)

    def _count(self, _conn, _cursor, statement, *_rest):
        if statement.startswith("UPDATE watches"):
            self.gate.wait(10)
            self.updates += 1


@pytest.fixture
def statements(database):
    return Statements(database)


async def test_one_hint_is_one_statement(door, shop, database, statements):
    await door.wait_for(shop, "V1")

    await Hints(database).store(shop.id, ["V1"], DUE)

    assert statements.updates == 1
    assert await door.hinted(shop) == {"V1": (1, DUE)}


async def test_hints_that_come_during_a_transaction_share_the_next_one(door, shop, database, statements):
    await door.wait_for(shop, *(f"V{it}" for it in range(50)))
    hints = Hints(database)
    statements.gate.clear()
    first = asyncio.create_task(hints.store(shop.id, ["V0"], DUE))
    await asyncio.sleep(0.05)

    rest = [
        asyncio.create_task(hints.store(shop.id, [f"V{it}"], DUE + timedelta(seconds=it)))
        for it in range(1, 50)
    ]
    await asyncio.sleep(0.05)
    assert not any(it.done() for it in [first, *rest])
    statements.gate.set()
    await asyncio.gather(first, *rest)

    assert statements.updates == 2
    seen = await door.hinted(shop)
    assert len(seen) == 50
    assert {due for _, due in seen.values()} == {DUE, DUE + timedelta(seconds=1)}


async def test_hints_of_different_shops_stay_apart(door, shop, save, database):
    other = await save(FakeSaleor("other.example", key_id="other"))
    await door.wait_for(shop, "V1", "V2")
    await door.wait_for(other, "V1", "V2")
    hints = Hints(database)

    await asyncio.gather(hints.store(shop.id, ["V1"], DUE), hints.store(other.id, ["V2"], DUE))

    assert (set(await door.hinted(shop)), set(await door.hinted(other))) == ({"V1"}, {"V2"})


async def test_an_order_of_many_lines_is_cut_into_statements_that_a_database_takes(
    door, shop, database, statements
):
    ids = [f"V{it}" for it in range(2 * AT_ONCE + 1)]
    await door.wait_for(shop, *ids)

    await Hints(database).store(shop.id, ids, DUE)

    assert statements.updates == 3
    assert len(await door.hinted(shop)) == len(ids)


class Failing:
    """A database that refuses until it is mended."""

    def __init__(self, database):
        self.database = database
        self.broken = True

    async def write(self, fn):
        await asyncio.sleep(0)
        if self.broken:
            raise Unavailable("The database did not answer.")
        return await self.database.write(fn)


async def test_everyone_hears_of_a_failure_and_the_next_one_is_stored(door, shop, database):
    await door.wait_for(shop, "V1")
    failing = Failing(database)
    hints = Hints(failing)

    told = await asyncio.gather(
        *(hints.store(shop.id, ["V1"], DUE) for _ in range(5)), return_exceptions=True
    )
    assert [type(it) for it in told] == [Unavailable] * 5

    failing.broken = False
    await hints.store(shop.id, ["V1"], DUE)
    assert await door.hinted(shop) == {"V1": (1, DUE)}


async def test_a_delivery_that_went_away_does_not_take_its_neighbours_with_it(
    door, shop, database, statements
):
    await door.wait_for(shop, "V1", "V2")
    hints = Hints(database)
    statements.gate.clear()
    gone, stays = (asyncio.create_task(hints.store(shop.id, [it], DUE)) for it in ("V1", "V2"))
    await asyncio.sleep(0.05)

    gone.cancel()
    statements.gate.set()
    await stays

    assert set(await door.hinted(shop)) == {"V1", "V2"}
    assert gone.cancelled()
