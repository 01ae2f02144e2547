"""Klaviyo fails in every way that it documents; each waiting phone is still told exactly once."""

import pytest

from saleor_stoq_app.sandbox.klaviyo import drop, error, html, throttle
from tests.journeys.world import ALERT_METRIC, World, signup

BULK, SINGLE = "POST /api/event-bulk-create-jobs", "POST /api/events"


async def _crowd(world: World, count: int) -> tuple[str, list[str]]:
    """Let many wait for one sold-out variant, consent known; return it and their phones."""
    shirt = world.saleor.add_product("Floral Shirt", variants={"Medium": 0})
    phones = [f"+1415555{number:04}" for number in range(count)]
    shop = await world.shop()
    look = await world.house.lookup.look(
        shop, "default-channel", shirt.variant_id, preorder_key="stoq.preorder"
    )
    for phone in phones:
        await world.house.signups.add(signup(shop.id, shirt.variant_id, phone), look)
    await world.settle(400, step=20)
    return shirt.variant_id, phones


async def _restock(world: World, variant_id: str, seconds: float = 1800) -> None:
    world.saleor.stock.update(variant_id, 10)
    await world.settle(seconds, step=20)


@pytest.mark.parametrize(
    "fault",
    [
        throttle(after=3),
        throttle(),
        error(500),
        error(503),
        html(),
        drop(),
        drop(acts=True),
        error(500, acts=True),
    ],
    ids=["429", "429 mute", "500", "503", "HTML", "dropped before", "dropped after", "500 after acting"],
)
@pytest.mark.parametrize(("operation", "count"), [(SINGLE, 3), (BULK, 60)])
async def test_a_call_that_fails_tells_everybody_exactly_once(world: World, operation, count, fault) -> None:
    variant_id, phones = await _crowd(world, count)
    world.klaviyo.fail(operation, fault, times=2)
    await _restock(world, variant_id)

    assert dict.fromkeys(phones, 1) == world.phones.counts()


async def test_a_bulk_job_that_vanishes_after_its_202_is_noticed_and_sent_singly(world: World) -> None:
    variant_id, phones = await _crowd(world, 60)
    world.klaviyo.swallow_bulk()
    world.saleor.stock.update(variant_id, 10)
    await world.settle(120)
    assert world.phones.total() == 0

    await world.settle(1200, step=20)

    assert dict.fromkeys(phones, 1) == world.phones.counts()
    assert world.klaviyo.calls[SINGLE] == 60


async def test_alerts_wait_for_the_consent_and_say_so(world: World) -> None:
    shirt = world.saleor.add_product("Floral Shirt", variants={"Medium": 0})
    await world.sign_up(shirt.variant_id, "+14155550142")
    world.saleor.stock.update(shirt.variant_id, 10)
    await world.settle(20)
    assert world.klaviyo.events(ALERT_METRIC) == []

    await world.settle(600)

    assert world.phones.counts() == {"+14155550142": 1}
    assert world.klaviyo.skips == []


async def test_a_refused_key_parks_alerts_until_the_merchant_reconnects(world: World) -> None:
    """R111."""
    variant_id, phones = await _crowd(world, 3)
    world.klaviyo.revoke(world.klaviyo.api_key)
    await _restock(world, variant_id, 300)
    assert world.phones.total() == 0
    assert (await world.connection()).problem != ""

    await world.connect(world.klaviyo.add_key())
    await world.settle(300)

    assert dict.fromkeys(phones, 1) == world.phones.counts()


async def test_whoever_unsubscribes_at_klaviyo_is_not_subscribed_again(world: World) -> None:
    shirt = world.saleor.add_product("Floral Shirt", variants={"Medium": 0})
    await world.sign_up(shirt.variant_id, "+14155550142")
    await world.settle(400)
    world.klaviyo.reply("+14155550142", "STOP")
    await _restock(world, shirt.variant_id, 300)

    assert world.phones.total() == 0


async def test_a_reinstalled_app_keeps_everybody_who_waits(world: World) -> None:
    variant_id, phones = await _crowd(world, 3)
    before = await world.shop()
    world.saleor.uninstall()
    await world.settle(60)
    assert (await world.shop()).status == "uninstalled"

    after = await world.install()
    await _restock(world, variant_id, 300)

    assert (before.id, before.public_key) == (after.id, after.public_key)
    assert dict.fromkeys(phones, 1) == world.phones.counts()


async def test_an_app_that_is_switched_off_sends_nothing_until_it_is_on_again(world: World) -> None:
    variant_id, phones = await _crowd(world, 3)
    world.saleor.deactivate()
    await world.settle(60)
    world.saleor.stock.update(variant_id, 10)
    await world.settle(300)
    assert world.phones.total() == 0

    world.saleor.activate()
    await world.settle(900, step=20)

    assert dict.fromkeys(phones, 1) == world.phones.counts()
