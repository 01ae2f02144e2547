"""Stock and order events move looks forward, for those variants that they name and somebody waits for."""

from datetime import timedelta

import pytest

from saleor_stoq_app.saleor.shops import ShopStatus
from saleor_stoq_app.webhooks.stock import EVENTS, IN_CHANNEL
from tests.webhooks.sender import FakeSaleor

SETTLE = timedelta(seconds=5)
BY_EVENT = [("stock", event) for event in EVENTS] + [("stock-in-channel", event) for event in IN_CHANNEL]


def typename(event: str) -> str:
    return (EVENTS | IN_CHANNEL)[event]


@pytest.mark.parametrize(("identifier", "event"), BY_EVENT)
async def test_every_stock_event_hints_at_its_variant_and_at_no_other(door, saleor, shop, identifier, event):
    await door.wait_for(shop, "V1", "V2")

    response = await door.deliver(saleor, identifier, event, typename(event), productVariant={"id": "V1"})

    assert response.status_code == 200
    assert await door.hinted(shop) == {"V1": (1, door.clock.now() + SETTLE)}


async def test_a_variant_is_looked_at_in_every_channel_where_somebody_waits(door, saleor, shop):
    await door.wait_for(shop, "V1")
    await door.wait_for(shop, "V1", channel="channel-pln")

    await door.stock(saleor)

    assert await door.hinted(shop, channel="channel-pln") == await door.hinted(shop) != {}


async def test_a_hint_never_puts_a_look_off(door, saleor, shop):
    await door.wait_for(shop, "V1")
    await door.stock(saleor)
    due = door.clock.now() + SETTLE

    door.clock.advance(3)
    await door.stock(saleor)

    assert await door.hinted(shop) == {"V1": (2, due)}


async def test_the_same_bytes_again_are_one_more_hint_and_no_harm(door, saleor, shop):
    await door.wait_for(shop, "V1")
    raw = saleor.body("ProductVariantUpdated", productVariant={"id": "V1"})
    headers = saleor.headers("product_variant_updated", raw)

    answers = [await door.post("stock", raw, headers) for _ in range(3)]

    assert [it.status_code for it in answers] == [200, 200, 200]
    assert await door.hinted(shop) == {"V1": (3, door.clock.now() + SETTLE)}


@pytest.mark.parametrize(
    "content", [{}, {"productVariant": None}, {"productVariant": {"id": None}}, {"errors": []}]
)
async def test_an_event_without_a_variant_is_taken_and_changes_nothing(door, saleor, shop, content):
    await door.wait_for(shop, "V1")

    response = await door.deliver(
        saleor, "stock", "product_variant_updated", "ProductVariantUpdated", **content
    )

    assert response.status_code == 200
    assert await door.hinted(shop) == {}


async def test_a_variant_for_which_nobody_waits_changes_nothing(door, saleor, shop):
    await door.wait_for(shop, "V1")

    assert (await door.stock(saleor, "V9")).status_code == 200
    assert await door.hinted(shop) == {}


async def test_the_same_variant_id_in_another_shop_is_another_variant(door, saleor, shop, save):
    other = await save(FakeSaleor("other.example", key_id="other"))
    await door.wait_for(other, "V1")

    await door.stock(saleor)

    assert await door.hinted(other) == {}


@pytest.mark.parametrize("status", [ShopStatus.PAUSED, ShopStatus.UNINSTALLED])
async def test_a_shop_where_the_app_is_off_is_answered_and_nothing_is_done(door, saleor, shop, shops, status):
    await door.wait_for(shop, "V1")
    await shops.set_status(shop.id, status)

    assert (await door.stock(saleor)).status_code == 200
    assert await door.hinted(shop) == {}


@pytest.mark.parametrize(
    ("event", "name"), [("order_cancelled", "OrderCancelled"), ("order_expired", "OrderExpired")]
)
async def test_an_order_that_gives_stock_back_hints_at_every_line(door, saleor, shop, event, name):
    await door.wait_for(shop, "V1", "V2", "V3", "V4")
    lines = [{"variant": {"id": it}, "quantity": 1} for it in ("V1", "V2", "V3", "V1")]
    order = {"id": "O1", "lines": [*lines, {"variant": None, "quantity": 1}]}

    response = await door.deliver(saleor, "order-changes", event, name, order=order)

    assert response.status_code == 200
    due = door.clock.now() + SETTLE
    assert await door.hinted(shop) == {"V1": (1, due), "V2": (1, due), "V3": (1, due)}


async def test_a_reinstalled_shop_is_heard_under_its_new_id_only(door, saleor, shop, save):
    await door.wait_for(shop, "V1")
    old = FakeSaleor()
    saleor.app_id = "QXBwOjc="
    await save(saleor)

    assert (await door.stock(old)).status_code == 403
    assert (await door.stock(saleor)).status_code == 200
    assert [hints for hints, _ in (await door.hinted(shop)).values()] == [1]
