"""Saleor's events lie, get lost and come twice; what shoppers hear follows from the shop alone."""

import pytest

from tests.journeys.world import World

PHONE = "+14155550142"


async def _waiting(world: World, **product) -> str:
    """Let one shopper wait for a sold-out variant, consent known."""
    shirt = world.saleor.add_product("Floral Shirt", **({"variants": {"Medium": 0}} | product))
    assert (await world.sign_up(shirt.variant_id, PHONE))["accepted"]
    await world.settle(300)
    return shirt.variant_id


@pytest.mark.parametrize(
    "change",
    [
        lambda saleor, variant: saleor.stock.update(variant, 10),
        lambda saleor, variant: saleor.stock.save_variant_page(variant, 10),
        lambda saleor, variant: saleor.stock.bulk_update({variant: 10}),
        lambda saleor, variant: saleor.stock.save_grid(variant, 10),
        lambda saleor, variant: saleor.stock.variant_bulk_update(variant, 10),
        lambda saleor, variant: saleor.catalogue.track_inventory(variant, on=False),
    ],
    ids=["stocks update", "variant page", "bulk import", "grid", "variant bulk update", "tracking off"],
)
async def test_every_way_of_restocking_leads_to_one_text(world: World, change) -> None:
    """R2, R4."""
    variant_id = await _waiting(world)
    change(world.saleor, variant_id)
    await world.settle(60)

    assert world.phones.counts() == {PHONE: 1}


async def test_a_restock_whose_webhooks_are_lost_is_found_by_the_sweep(world: World) -> None:
    variant_id = await _waiting(world)
    world.saleor.stock.save_variant_page(variant_id, 10)
    world.saleor.pending.clear()
    await world.settle(900, step=30)

    assert world.phones.counts() == {PHONE: 1}


async def test_webhooks_that_come_twice_and_in_the_wrong_order_lead_to_one_text(world: World) -> None:
    variant_id = await _waiting(world)
    world.saleor.stock.save_variant_page(variant_id, 10)
    twice = [*reversed(world.saleor.pending), *world.saleor.pending]
    for delivery in twice:
        world.saleor.redeliver(delivery)
    await world.settle(120)

    assert world.phones.counts() == {PHONE: 1}


async def test_the_fulfilment_of_a_sold_out_order_tells_nobody(world: World) -> None:
    variant_id = await _waiting(world, variants={"Medium": 0})
    world.saleor.stock.save_variant_page(variant_id, 2)
    world.saleor.pending.clear()
    order = world.saleor.orders.checkout({variant_id: 2})
    await world.settle(60)
    world.saleor.orders.fulfil(order)
    await world.settle(60)

    assert {"PRODUCT_VARIANT_BACK_IN_STOCK"} <= {event.name for event in world.saleor.fired}
    assert world.phones.total() == 0


async def test_a_stock_row_created_with_nothing_in_it_tells_nobody(world: World) -> None:
    world.saleor.add_warehouse("second", channels=("default-channel",))
    variant_id = await _waiting(world)
    world.saleor.stock.create(variant_id, {"second": 0})
    await world.settle(60)

    assert world.phones.total() == 0


async def test_the_cancel_of_a_multi_line_order_tells_those_whom_the_events_leave_out(world: World) -> None:
    shirts = world.saleor.add_product("Shirt", variants={"A": 2, "B": 2, "C": 2})
    first, second, last = shirts.variant_ids
    order = world.saleor.orders.checkout({first: 2, second: 2, last: 1})
    await world.settle(10)
    for number, variant_id in enumerate((first, second)):
        await world.sign_up(variant_id, f"+1415555010{number}")
    await world.settle(300)
    world.saleor.orders.cancel(order)
    await world.settle(60)

    assert world.phones.counts() == {"+14155550100": 1, "+14155550101": 1}


async def test_whoever_signs_up_while_it_is_sellable_waits_for_the_next_restock(world: World) -> None:
    shirt = world.saleor.add_product("Floral Shirt", variants={"Medium": 5})
    await world.sign_up(shirt.variant_id, PHONE)
    await world.settle(900, step=30)
    assert world.phones.total() == 0

    world.saleor.stock.update(shirt.variant_id, 0)
    await world.settle(60)
    world.saleor.stock.update(shirt.variant_id, 3)
    await world.settle(60)

    assert world.phones.counts() == {PHONE: 1}


async def test_stock_gone_before_the_text_leaves_tells_nobody_and_keeps_the_place(
    world: World,
) -> None:
    variant_id = await _waiting(world)
    world.saleor.stock.update(variant_id, 1)
    await world.saleor.deliver()
    world.clock.advance(6)
    await world.house.looks.turn((await world.shop()).id)
    world.saleor.stock.update(variant_id, 0)
    await world.settle(60)
    assert world.phones.total() == 0

    world.saleor.stock.update(variant_id, 4)
    await world.settle(60)

    assert world.phones.counts() == {PHONE: 1}


async def test_a_silent_saleor_sends_nothing_and_loses_nobody(world: World) -> None:
    variant_id = await _waiting(world)
    world.saleor.stock.update(variant_id, 10)
    world.saleor.faults.add("graphql", "unavailable", times=None)
    await world.settle(300)
    assert world.phones.total() == 0

    world.saleor.faults.clear()
    await world.settle(120)

    assert world.phones.counts() == {PHONE: 1}


async def test_only_the_shoppers_of_the_restocked_channel_are_told(world: World) -> None:
    world.saleor.add_channel("germany", currency="EUR", country="DE")
    world.saleor.add_warehouse("berlin", channels=("germany",), zone="europe")
    await world.open_storefront("default-channel", "germany")
    shirt = world.saleor.add_product("Shirt", variants={"M": 0}, channel=("default-channel", "germany"))
    await world.sign_up(shirt.variant_id, PHONE)
    await world.sign_up(shirt.variant_id, "+4915112345678", channel="germany", country="DE")
    await world.settle(300)
    world.saleor.stock.update(shirt.variant_id, {"berlin": 5})
    await world.settle(60)

    assert world.phones.counts() == {"+4915112345678": 1}
