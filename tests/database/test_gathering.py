"""What arrives together is stored together, and nobody is failed by a neighbour."""

import asyncio

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database.gathering import MOST, Gathering
from saleor_stoq_app.database.tables import marks
from saleor_stoq_app.errors import Unavailable


class Store:
    """Writes names into a table and remembers how they came."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []

    def __call__(self, connection, /, items):
        self.groups.append(list(items))
        for name in items:
            connection.execute(sa.insert(marks).values(name=name, value="x"))
        return [f"stored {name}" for name in items]


async def stored(database):
    names = sa.select(marks.c.name)
    return set(await database.read(lambda conn: list(conn.scalars(names))))


async def test_items_that_arrive_together_share_transactions_and_get_their_own_answers(database):
    store = Store()
    gathering = Gathering(database, store)
    answers = await asyncio.gather(*(gathering.add(f"n{number}") for number in range(MOST + 50)))

    assert answers == [f"stored n{number}" for number in range(MOST + 50)]
    assert len(store.groups) < 10
    assert max(map(len, store.groups)) <= MOST


async def test_an_item_that_cannot_be_stored_fails_its_own_caller_only(database):
    gathering = Gathering(database, Store())
    await gathering.add("taken")
    answers = await asyncio.gather(
        *(gathering.add(name) for name in ("a", "taken", "b")), return_exceptions=True
    )

    assert (answers[0], answers[2]) == ("stored a", "stored b")
    assert isinstance(answers[1], sa.exc.IntegrityError)
    assert await stored(database) == {"a", "b", "taken"}


async def test_a_caller_that_goes_away_does_not_undo_what_it_brought(database):
    gathering = Gathering(database, Store())
    gone = asyncio.create_task(gathering.add("gone"))
    stays = asyncio.create_task(gathering.add("stays"))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays == "stored stays"
    assert await stored(database) == {"gone", "stays"}


async def test_a_database_that_is_away_fails_everybody_who_waits():
    class Away:
        async def write(self, _fn):
            raise Unavailable("The database did not answer.")

    gathering = Gathering(Away(), Store())
    answers = await asyncio.gather(*(gathering.add(name) for name in "abc"), return_exceptions=True)

    assert [type(answer) for answer in answers] == [Unavailable] * 3


async def test_items_that_come_while_a_transaction_is_under_way_go_into_the_next(database):
    store = Store()
    gathering = Gathering(database, store)
    first = asyncio.create_task(gathering.add("first"))
    await asyncio.sleep(0.001)
    rest = [gathering.add(f"later {number}") for number in range(20)]

    await asyncio.gather(first, *rest)
    assert len(store.groups) <= 3


@pytest.mark.parametrize("count", [1, 2])
async def test_a_gathering_serves_again_after_it_was_idle(database, count):
    gathering = Gathering(database, Store())
    for number in range(count):
        assert await gathering.add(f"n{number}") == f"stored n{number}"
