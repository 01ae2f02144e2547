"""What quantityAvailable says in both stock modes (saleor.md section 6.2)."""

from datetime import timedelta

import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.availability import quantity_available, reachable


@pytest.fixture
def saleor(clock):
    return SandboxSaleor(clock)


def units(saleor, variant_id, channel="default-channel"):
    return quantity_available(saleor.shop, saleor.shop.variant(variant_id), saleor.shop.channels.get(channel))


@pytest.mark.parametrize(("mode", "expected", "without_channel"), [("legacy", 12, 12), ("new", 17, 0)])
def test_zones_give_the_highest_and_channels_the_sum(clock, mode, expected, without_channel):
    saleor = SandboxSaleor(clock, stock_mode=mode)
    saleor.add_warehouse("second")
    shirt = saleor.add_product("Shirt", variants={"S": 12}).variant_id
    saleor.stock.update(shirt, {"second": 5})
    assert (units(saleor, shirt), units(saleor, shirt, None)) == (expected, without_channel)


def test_warehouses_of_one_zone_add_up(saleor):
    for slug in ("a", "b"):
        saleor.add_warehouse(slug, zone="europe")
    shirt = saleor.add_product("Shirt").variant_id
    saleor.stock.update(shirt, {"a": 3, "b": 4})
    assert units(saleor, shirt) == 7


@pytest.mark.parametrize(("option", "expected"), [("LOCAL", 5), ("ALL", 8)])
def test_a_place_to_collect_counts_alone_or_draws_on_all(saleor, option, expected):
    saleor.add_warehouse("counter", click_and_collect=option)
    shirt = saleor.add_product("Shirt", variants={"S": 5}).variant_id
    saleor.stock.update(shirt, {"counter": 3})
    assert units(saleor, shirt) == expected


def test_the_limit_per_checkout_caps_it(saleor):
    shirt = saleor.add_product("Shirt", variants={"S": 500}).variant_id
    assert units(saleor, shirt) == 50
    saleor.shop.limit_per_checkout = None
    assert units(saleor, shirt) == 500


def test_untracked_stock_says_the_limit_or_null(saleor):
    shirt = saleor.add_product("Shirt").variant_id
    saleor.catalogue.track_inventory(shirt, on=False)
    assert units(saleor, shirt) == 50
    saleor.shop.limit_per_checkout = None
    assert units(saleor, shirt) is None


def test_allocations_and_live_reservations_are_taken_off(saleor, clock):
    shirt = saleor.add_product("Shirt", variants={"S": 10}).variant_id
    saleor.orders.checkout({shirt: 3})
    saleor.stock.reserve(shirt, 5, seconds=60)
    assert units(saleor, shirt) == 2
    clock.advance(61)
    assert units(saleor, shirt) == 7


def test_a_preorder_says_what_is_left_of_its_threshold_until_it_ends(saleor, clock):
    shirt = saleor.add_product("Shirt", variants={"S": 2}).variant_id
    saleor.catalogue.start_preorder(shirt, threshold=7, until=clock.now() + timedelta(hours=1))
    saleor.orders.checkout({shirt: 5})
    saleor.fired.clear()
    assert units(saleor, shirt) == 2
    saleor.stock.update(shirt, 30)
    assert units(saleor, shirt) == 2
    clock.advance(3601)
    assert units(saleor, shirt) == 30


def test_a_preorder_without_threshold_says_the_limit(saleor):
    shirt = saleor.add_product("Shirt").variant_id
    saleor.catalogue.start_preorder(shirt)
    assert units(saleor, shirt) == 50


def test_3_24_has_no_preorders(clock):
    saleor = SandboxSaleor(clock, version="3.24.0")
    with pytest.raises(ValueError, match=r"3\.24"):
        saleor.catalogue.start_preorder(saleor.add_product("Shirt").variant_id)


def test_a_warehouse_outside_the_channel_is_out_of_reach_until_it_is_assigned(saleor):
    saleor.add_warehouse("far", channels=())
    shirt = saleor.add_product("Shirt").variant_id
    saleor.shop.put(saleor.shop.variant(shirt), {"default-warehouse": 0, "far": 9})
    seen = reachable(saleor.shop, saleor.shop.variant(shirt), saleor.shop.channels["default-channel"])
    assert (units(saleor, shirt), [stock.warehouse.slug for stock in seen]) == (0, ["default-warehouse"])
    saleor.catalogue.assign_warehouse("far", channel="default-channel")
    assert units(saleor, shirt) == 9
    assert [event.name for event in saleor.fired] == ["CHANNEL_UPDATED"]


def test_a_new_variant_comes_with_stock_and_one_event(saleor):
    added = saleor.add_product("Shirt")
    created = saleor.catalogue.create_variant(added.product_id, "XL", price=10, rows=5)
    assert units(saleor, created) == 5
    assert [event.name for event in saleor.fired] == ["PRODUCT_VARIANT_CREATED"]


def test_other_edits_fire_no_stock_event(saleor, clock):
    added = saleor.add_product("Shirt", variants={"S": 1})
    saleor.catalogue.unpublish(added.product_id)
    saleor.catalogue.publish(added.product_id)
    saleor.catalogue.sell_from(added.product_id, clock.now())
    saleor.catalogue.track_inventory(added.variant_id, on=False)
    saleor.catalogue.start_preorder(added.variant_id)
    saleor.catalogue.end_preorder(added.variant_id)
    saleor.catalogue.set_metadata(added.variant_id, "stoq.preorder", "1")
    assert {event.name for event in saleor.fired} == {
        "PRODUCT_UPDATED",
        "PRODUCT_VARIANT_UPDATED",
        "PRODUCT_VARIANT_METADATA_UPDATED",
    }
