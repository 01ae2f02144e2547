"""What a signup asks Saleor, and how seldom."""

import asyncio

import pytest

from saleor_stoq_app.alerts.lookup import Lookup
from saleor_stoq_app.errors import InvalidInput, Unavailable
from saleor_stoq_app.saleor.client import Refused, TokenRefused
from tests.fixtures.selling import CHANNEL, HAT, SHIRT, Shelves


@pytest.fixture
def shelves() -> Shelves:
    shelves = Shelves()
    shelves.put(0)
    return shelves


@pytest.fixture
def lookup(shelves, clock) -> Lookup:
    return Lookup(shelves, clock, patience=0.05)


async def look(lookup, shop, variant=SHIRT, channel=CHANNEL):
    return await lookup.look(shop, channel, variant, preorder_key="stoq.preorder")


async def test_a_crowd_costs_one_question(lookup, shelves, floor):
    looks = await asyncio.gather(*(look(lookup, floor.shop) for _ in range(100)))

    assert {found.content.product_title for found in looks} == {"Floral Shirt"}
    assert len(shelves.asked) == 1


async def test_after_half_a_minute_it_asks_again(lookup, shelves, floor, clock):
    await look(lookup, floor.shop)
    clock.advance(30)
    await look(lookup, floor.shop)

    assert len(shelves.asked) == 2


@pytest.mark.parametrize(
    ("variant", "channel", "code"),
    [(HAT, CHANNEL, "VARIANT_NOT_FOUND"), (SHIRT, "elsewhere", "CHANNEL_NOT_FOUND")],
)
async def test_what_does_not_exist_is_refused_without_asking_twice(
    lookup, shelves, floor, variant, channel, code
):
    for _ in range(2):
        with pytest.raises(InvalidInput) as refused:
            await look(lookup, floor.shop, variant, channel)
        assert refused.value.code == code

    assert len(shelves.asked) == 1


@pytest.mark.parametrize("error", [Unavailable("Silent."), TokenRefused("Dead."), Refused("No.")])
async def test_a_saleor_that_says_nothing_proves_nothing(lookup, shelves, floor, error):
    shelves.silent = error

    assert await look(lookup, floor.shop) is None


async def test_a_saleor_that_keeps_us_waiting_proves_nothing(lookup, shelves, floor):
    shelves.late = asyncio.Event()

    assert await look(lookup, floor.shop) is None
