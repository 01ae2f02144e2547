"""Whether the app still lives in a shop: only an answer of Saleor says so (law 1)."""

from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import Forbidden, StoqError, Unavailable
from saleor_stoq_app.saleor.client import Refused, TokenRefused
from saleor_stoq_app.saleor.shops import Shops, ShopStatus
from saleor_stoq_app.saleor.standing import DELETED, PAUSED, REFUSED, SILENT, Standing

APP = "QXBwOjE="
HERE = {"id": APP, "isActive": True}
REFUSAL = TokenRefused("The token is dead.")


@dataclass
class Saleor:
    """Says `app`, or fails; `meanwhile` happens while it is asked."""

    app: dict | None = field(default_factory=lambda: dict(HERE))
    fails: StoqError | None = None
    meanwhile: object = None
    asked: int = 0

    async def ask(self, _shop, _document, _variables):
        self.asked += 1
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.fails is not None:
            raise self.fails
        return {"app": self.app}


@pytest.fixture
def saleor():
    return Saleor()


@pytest.fixture
def shops(database, vault, clock):
    return Shops(database, vault, clock)


@pytest.fixture
def standing(database, clock, shops, saleor):
    return Standing(database=database, clock=clock, shops=shops, client=saleor)


@pytest.fixture
async def shop(shops):
    url = "https://shop.example/graphql/"
    return await shops.save(url, app_id=APP, token="t", jwks={}, schema_version="3.23")


async def row(database, shop):
    return await database.read(
        lambda conn: conn.execute(sa.select(tables.shops).where(tables.shops.c.id == shop.id)).one()
    )


async def event(database, clock, shop, because):
    """Do what a verified lifecycle event does."""
    asked = sa.update(tables.shops).where(tables.shops.c.id == shop.id)
    values = {"ask_at": clock.now(), "ask_because": because}
    await database.write(lambda conn: conn.execute(asked.values(values)).rowcount)


async def test_without_a_doubt_nobody_is_asked(standing, shop):
    assert await standing.due() == []


async def test_a_doubt_is_due_at_once_and_settled_by_the_answer(standing, shop, database, saleor):
    await standing.doubt(shop.id, REFUSED)
    assert await standing.due() == [shop.id]
    assert await standing.turn(shop.id) is None
    assert (await row(database, shop)).ask_at is None
    assert (saleor.asked, (await row(database, shop)).status) == (1, "active")


async def test_a_doubt_that_stands_keeps_its_time_and_reason(standing, shop, database, clock):
    await standing.doubt(shop.id, DELETED)
    first = clock.now()
    clock.advance(10)
    await standing.doubt(shop.id, REFUSED)
    kept = await row(database, shop)
    assert (kept.ask_at, kept.ask_because) == (first, DELETED)


@pytest.mark.parametrize(
    ("app", "fails"),
    [(None, None), (HERE | {"isActive": False}, None), (HERE | {"id": "QXBwOjI="}, None), (HERE, REFUSAL)],
)
@pytest.mark.parametrize(
    ("because", "status"),
    [
        (DELETED, ShopStatus.UNINSTALLED),
        (REFUSED, ShopStatus.PAUSED),
        ("app_status_changed", ShopStatus.PAUSED),
    ],
)
async def test_an_app_that_is_not_there_is_off_or_gone_as_the_event_says(
    standing, shop, shops, saleor, app, fails, because, status
):
    saleor.app, saleor.fails = app, fails
    await standing.doubt(shop.id, because)
    await standing.turn(shop.id)
    assert (await shops.by_id(shop.id, fresh=True)).status is status


async def test_an_event_alone_changes_nothing(standing, shop, shops, database, clock):
    await event(database, clock, shop, DELETED)
    await standing.turn(shop.id)
    assert (await shops.by_id(shop.id, fresh=True)).status is ShopStatus.ACTIVE


async def test_a_shop_that_is_switched_off_is_asked_again_and_comes_back(
    standing, shop, shops, saleor, clock
):
    saleor.fails = REFUSAL
    await standing.doubt(shop.id, REFUSED)
    await standing.turn(shop.id)
    assert await standing.due() == []
    clock.advance(PAUSED.total_seconds())
    assert await standing.due() == [shop.id]
    saleor.fails = None
    await standing.turn(shop.id)
    assert (await shops.by_id(shop.id, fresh=True)).status is ShopStatus.ACTIVE


@pytest.mark.parametrize("trouble", [Unavailable("silent"), Refused("a question"), Forbidden("a host")])
async def test_without_an_answer_the_doubt_stays_and_nothing_changes(
    standing, shop, shops, saleor, clock, database, trouble
):
    saleor.fails = trouble
    await standing.doubt(shop.id, DELETED)
    await standing.turn(shop.id)
    assert (await shops.by_id(shop.id, fresh=True)).status is ShopStatus.ACTIVE
    kept = await row(database, shop)
    assert (kept.ask_at, kept.ask_because) == (clock.now() + SILENT, DELETED)


async def test_an_event_that_comes_while_saleor_is_asked_is_not_lost(standing, shop, saleor, database, clock):
    """The answer says that the app is off; meanwhile it was switched on again."""
    saleor.fails = REFUSAL
    await standing.doubt(shop.id, REFUSED)
    clock.advance(1)
    saleor.meanwhile = lambda: event(database, clock, shop, "app_status_changed")
    await standing.turn(shop.id)
    assert await standing.due() == [shop.id]


async def test_an_installation_that_came_while_saleor_was_asked_is_not_switched_off(
    standing, shop, shops, saleor, database
):
    async def install():
        await shops.save(shop.saleor_api_url, app_id="QXBwOjI=", token="u", jwks={}, schema_version="3.23")

    saleor.fails, saleor.meanwhile = REFUSAL, install
    await standing.doubt(shop.id, REFUSED)
    await standing.turn(shop.id)
    assert (await row(database, shop)).status == "active"
    assert await standing.due() == [shop.id]


async def test_a_shop_that_nobody_knows_is_no_trouble(standing, saleor):
    assert await standing.turn("nobody") is None
    assert saleor.asked == 0
