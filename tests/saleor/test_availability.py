"""That a look sees every variant that it was asked for, and notices when Saleor does not really answer."""

from dataclasses import replace

import httpx
import pytest

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import NotFound, Unavailable
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.availability import (
    ABSENT,
    NATIVE_PREORDER,
    QUERY,
    QUERY_WITHOUT_PREORDER,
    Availability,
    Look,
)
from saleor_stoq_app.saleor.client import SaleorClient, TokenRefused
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.shops import Shop, ShopStatus
from tests.saleor.fake_shop import TOKEN, URL, FakeShop
from tests.saleor.nodes import CHANNEL, FUTURE, ID, SELLABLE, listing, node, product, variant_id

SHOP = Shop("s" * 32, "pub_x", parse_saleor_api_url(URL), "QXBwOjE=", TOKEN, {}, "3.23", ShopStatus.ACTIVE)


@pytest.fixture
def fake() -> FakeShop:
    return FakeShop()


@pytest.fixture
async def availability(fake, clock):
    async with Client(guarded=False, transport=httpx.MockTransport(fake)) as http:
        yield Availability(SaleorClient(http, Config()), clock)


def stocked(fake: FakeShop, *numbers: int, marks: dict[str, str] | None = None, **changes) -> list[str]:
    marked = {"metafield": lambda _info, key: (marks or {}).get(key)}
    for number in numbers:
        fake.variants[variant_id(number)] = node(id=variant_id(number), **changes) | marked
    return [variant_id(number) for number in numbers]


async def look(availability, ids, channel=CHANNEL, shop=SHOP):
    return await availability.look(shop, channel, ids, preorder_key="stoq.preorder")


async def test_every_asked_variant_is_in_the_answer_and_the_unlisted_are_absent(fake, availability):
    (listed,) = stocked(fake, 1)
    asked = [variant_id(2), listed, "nonsense", listed]

    looks = await look(availability, asked)

    assert list(looks) == [variant_id(2), listed, "nonsense"]
    assert looks[listed].facts == SELLABLE
    assert looks[variant_id(2)] == looks["nonsense"] == Look(ABSENT, None)


async def test_one_malformed_id_does_not_reach_saleor_which_would_refuse_the_whole_group(fake, availability):
    (listed,) = stocked(fake, 1)

    await look(availability, [listed, "abc", variant_id("x")])

    assert [question["variables"]["ids"] for question in fake.asked] == [[listed]]


async def test_a_list_without_a_readable_id_is_not_asked_for_as_it_would_mean_every_variant(
    fake, availability
):
    assert await look(availability, ["abc"]) == {"abc": Look(ABSENT, None)}
    assert await look(availability, []) == {}
    assert fake.asked == []


async def test_at_most_a_hundred_are_asked_for_at_once(fake, availability):
    ids = stocked(fake, *range(1, 251))

    looks = await look(availability, ids)

    assert [len(question["variables"]["ids"]) for question in fake.asked] == [100, 100, 50]
    assert {seen.facts for seen in looks.values()} == {SELLABLE}


async def test_an_unknown_channel_is_named(fake, availability):
    with pytest.raises(NotFound, match="no channel 'nowhere'"):
        await look(availability, stocked(fake, 1), channel="nowhere")


async def test_nothing_is_sold_in_a_channel_that_is_switched_off(fake, availability):
    ids = stocked(fake, 1)
    fake.channels[CHANNEL] = False

    assert await look(availability, ids) == {ids[0]: Look(ABSENT, None)}


async def test_a_dead_token_is_noticed_although_saleor_goes_on_answering_visitors(fake, availability):
    with pytest.raises(TokenRefused):
        await look(availability, stocked(fake, 1), shop=replace(SHOP, token="dead"))


async def test_a_lost_permission_is_noticed_although_saleor_goes_on_answering_visitors(fake, availability):
    fake.permissions = ["MANAGE_ORDERS"]

    with pytest.raises(TokenRefused, match="may not manage products"):
        await look(availability, stocked(fake, 1))


async def test_a_preorder_is_known_by_the_merchants_own_metadata_key(fake, availability):
    marked, other = stocked(fake, 1, marks={"stoq.preorder": "spring"}) + stocked(
        fake, 2, marks={"else": "x"}
    )

    looks = await look(availability, [marked, other])

    assert [looks[it].facts.preorder for it in (marked, other)] == [True, False]


async def test_a_native_preorder_is_known_below_3_24(fake, availability):
    ids = stocked(fake, 1, preorder={"endDate": FUTURE})

    assert (await look(availability, ids))[ids[0]].facts.preorder


async def test_from_3_24_on_native_preorder_is_not_asked_for(fake, availability):
    fake.version = "3.24"
    ids = stocked(fake, 1)

    looks = await look(availability, ids, shop=replace(SHOP, schema_version="3.24"))

    assert looks[ids[0]].facts == SELLABLE
    assert [NATIVE_PREORDER in question["query"] for question in fake.asked] == [False]


async def test_a_shop_upgraded_since_its_installation_is_looked_at_all_the_same(fake, availability):
    fake.version = "3.24"
    ids = stocked(fake, 1)

    for _ in range(2):
        assert (await look(availability, ids))[ids[0]].facts == SELLABLE

    assert [NATIVE_PREORDER in question["query"] for question in fake.asked] == [True, False, False]


async def test_a_purchase_date_is_reached_by_our_clock(fake, availability, clock):
    ids = stocked(fake, 1, product=product(channelListings=[listing(availableForPurchaseAt=FUTURE)]))

    before = await look(availability, ids)
    clock.advance(24 * 3600)
    after = await look(availability, ids)

    assert [seen[ids[0]].facts.purchasable for seen in (before, after)] == [False, True]


async def test_an_answer_of_another_shape_is_no_answer(clock):
    odd = {"data": {"app": {"permissions": [{"code": "MANAGE_PRODUCTS"}]}, "channel": {"isActive": True}}}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=odd))
    async with Client(guarded=False, transport=transport) as http:
        with pytest.raises(Unavailable, match="agreed shape"):
            await look(Availability(SaleorClient(http, Config()), clock), [ID])


def test_the_two_documents_differ_by_native_preorder_alone():
    assert NATIVE_PREORDER in QUERY
    assert "preorder {" not in QUERY_WITHOUT_PREORDER
    assert QUERY.replace(NATIVE_PREORDER, "") == QUERY_WITHOUT_PREORDER
