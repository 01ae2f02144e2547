"""The webhooks that a shop has for us become those that we want, and stay so."""

from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.client import Refused, SaleorClient, TokenRefused
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.manifest import webhooks
from saleor_stoq_app.saleor.reconciler import Reconciler, plan_for
from saleor_stoq_app.saleor.shops import Shop, ShopStatus
from tests.saleor.fake_shop import TOKEN, URL, FakeShop

ALL = ("stock", "stock-in-channel", "order-changes", "lifecycle")
SHOP = Shop("s" * 32, "pub_x", parse_saleor_api_url(URL), "QXBwOjE=", TOKEN, {}, "3.22", ShopStatus.ACTIVE)


@pytest.fixture
def fake() -> FakeShop:
    return FakeShop()


@pytest.fixture
async def reconcile(fake):
    async with Client(guarded=False, transport=httpx.MockTransport(fake)) as http:

        async def run(base="https://stoq.example", shop=SHOP):
            config = Config(app_base_url=base)
            return await Reconciler(SaleorClient(http, config), config).reconcile(shop)

        yield run


def mutations(fake: FakeShop) -> list[str]:
    return [
        it["query"].split()[1].partition("(")[0] for it in fake.asked if it["query"].startswith("mutation")
    ]


async def test_an_empty_shop_gets_every_webhook_of_its_version(fake, reconcile):
    done = await reconcile()

    assert (done.created, done.updated, done.deleted) == (ALL, (), ())
    assert done.schema_version == "3.23"
    wanted = {spec.name: spec for spec in webhooks("3.23")}
    assert {it["name"] for it in fake.webhooks} == set(wanted)
    for webhook in fake.webhooks:
        spec = wanted[webhook["name"]]
        assert webhook["targetUrl"] == f"https://stoq.example/api/webhooks/{spec.identifier}"
        assert webhook["subscriptionQuery"] == spec.document
        assert webhook["isActive"]
        assert {it["eventType"] for it in webhook["asyncEvents"]} == set(spec.events)


async def test_a_shop_that_is_right_is_left_alone(fake, reconcile):
    await reconcile()
    fake.asked.clear()

    done = await reconcile()

    assert (done.created, done.updated, done.deleted) == ((), (), ())
    assert mutations(fake) == []


async def test_the_shops_present_version_decides_not_the_one_at_installation(fake, reconcile):
    fake.version = "3.22"
    assert "stock-in-channel" not in (await reconcile()).created

    fake.version = "3.24"
    assert (await reconcile()).created == ("stock-in-channel",)


DRIFTS = {
    "switched off": {"isActive": False},
    "another address": {"targetUrl": "https://old.example/api/webhooks/stock"},
    "an older query": {"subscriptionQuery": "subscription { event { issuedAt } }"},
    "no query": {"subscriptionQuery": None},
    "fewer events": {"asyncEvents": [{"eventType": "PRODUCT_VARIANT_UPDATED"}]},
    "another name": {"name": "old"},
}


@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS)
async def test_a_webhook_that_drifted_is_put_right_and_keeps_its_place(fake, reconcile, drift):
    await reconcile()
    before = [dict(it) for it in fake.webhooks]
    fake.webhooks[0].update(drift)

    done = await reconcile()

    assert (done.created, done.updated, done.deleted) == ((), ("stock",), ())
    assert fake.webhooks == before


async def test_white_space_and_the_order_of_events_are_no_drift(fake, reconcile):
    await reconcile()
    for webhook in fake.webhooks:
        webhook["subscriptionQuery"] = " ".join(webhook["subscriptionQuery"].split())
        webhook["asyncEvents"].reverse()

    assert (await reconcile()).updated == ()


async def test_a_moved_app_moves_its_webhooks(fake, reconcile):
    await reconcile()

    done = await reconcile(base="https://new.example/stoq")

    assert done.updated == ALL
    assert {it["targetUrl"].partition("/api")[0] for it in fake.webhooks} == {"https://new.example/stoq"}


async def test_what_nobody_wants_and_what_is_there_twice_goes(fake, reconcile):
    await reconcile()
    twin = dict(fake.webhooks[0], id="Webhook:90")
    stranger = dict(fake.webhooks[0], id="Webhook:91", targetUrl="https://stoq.example/api/webhooks/gone")
    fake.webhooks += [twin, stranger]

    done = await reconcile()

    assert done.deleted == ("stock", "gone")
    assert len(fake.webhooks) == len(ALL)


async def test_a_refused_webhook_is_told_without_saleors_own_words(fake, reconcile):
    fake.refuses["STOQ: orders that give stock back"] = "GRAPHQL_ERROR"

    with pytest.raises(Refused, match="query: GRAPHQL_ERROR") as caught:
        await reconcile()

    assert "Traceback" not in caught.value.message
    fake.refuses.clear()
    assert (await reconcile()).created == ("order-changes", "lifecycle")


async def test_a_dead_token_is_told(reconcile):
    with pytest.raises(TokenRefused):
        await reconcile(shop=replace(SHOP, token="dead"))


async def test_an_answer_of_another_shape_is_no_answer():
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"shop": None, "app": None}}))
    async with Client(guarded=False, transport=transport) as http:
        with pytest.raises(Unavailable, match="agreed shape"):
            await Reconciler(SaleorClient(http, Config()), Config()).reconcile(SHOP)


NAMES = st.sampled_from(["a", "b", "c", "d"])
WISHES = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {
            "name": NAMES,
            "asyncEvents": st.lists(st.sampled_from(["X", "Y"]), unique=True),
            "query": st.sampled_from(["q", "r"]),
            "isActive": st.just(True),
        }
    ),
).map(lambda wishes: {it: wish | {"targetUrl": f"https://x/{it}"} for it, wish in wishes.items()})
THERE = st.lists(
    st.fixed_dictionaries(
        {
            "name": NAMES,
            "targetUrl": NAMES.map("https://x/{}".format),
            "isActive": st.booleans(),
            "subscriptionQuery": st.none() | st.sampled_from(["q", "r"]),
            "asyncEvents": st.lists(
                st.fixed_dictionaries({"eventType": st.sampled_from(["X", "Y"])}), max_size=2
            ),
        }
    )
).map(lambda found: [it | {"id": str(number)} for number, it in enumerate(found)])


def carried_out(plan, there):
    changed = dict(plan.update.values())
    gone = {webhook_id for _, webhook_id in plan.delete}
    kept = [_stored(it["id"], changed[it["id"]]) if it["id"] in changed else it for it in there]
    added = [_stored(f"new-{it}", wish) for it, wish in plan.create.items()]
    return [it for it in kept if it["id"] not in gone] + added


def _stored(webhook_id, wish):
    events = [{"eventType": event} for event in wish["asyncEvents"]]
    return {"id": webhook_id, "subscriptionQuery": wish["query"], **wish, "asyncEvents": events}


@given(WISHES, THERE)
def test_one_round_is_enough_whatever_was_there(wanted, there):
    after = carried_out(plan_for(wanted, there), there)
    second = plan_for(wanted, after)

    assert (dict(second.create), dict(second.update), list(second.delete)) == ({}, {}, [])
    assert len(after) == len(wanted)
