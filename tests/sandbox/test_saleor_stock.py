"""One test per group of rows in saleor.md table 6.1: what a merchant does, and what Saleor says of it."""

import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor

BACK, OUT, UPD, PVU = (
    f"PRODUCT_VARIANT_{name}" for name in ("BACK_IN_STOCK", "OUT_OF_STOCK", "STOCK_UPDATED", "UPDATED")
)
BACK_CH, OUT_CH = BACK + "_IN_CHANNEL", OUT + "_IN_CHANNEL"
SECOND = "second"


@pytest.fixture(params=["legacy", "new"])
def saleor(request, clock):
    return SandboxSaleor(clock, stock_mode=request.param)


def told(saleor):
    """What was fired since last asked; in the legacy mode no channel event may be among it."""
    names = [event.name for event in saleor.fired]
    saleor.fired.clear()
    if saleor.shop.stock_mode == "legacy":
        assert not [name for name in names if name.endswith(("_IN_CHANNEL", "_AND_COLLECT"))]
    return names


def expected(saleor, warehouse_events, channel_events=()):
    return [*warehouse_events, *(channel_events if saleor.shop.stock_mode == "new" else ())]


def variant(saleor, **warehouses):
    made = saleor.add_product("Shirt", variants={"S": warehouses.pop("default", 0)}).variant_id
    for slug, quantity in warehouses.items():
        saleor.add_warehouse(slug)
        saleor.shop.put(saleor.shop.variant(made), {slug: quantity})
    return made


def test_stocks_update_crosses_zero_both_ways(saleor):
    shirt = variant(saleor)
    saleor.stock.update(shirt, 10)
    assert told(saleor) == expected(saleor, [BACK, UPD], [BACK_CH])
    saleor.stock.update(shirt, 0)
    assert told(saleor) == expected(saleor, [OUT, UPD], [OUT_CH])


def test_stocks_update_that_changes_nothing_or_little_says_only_stock_updated(saleor):
    shirt = variant(saleor, default=10)
    for quantity in (10, 12):
        saleor.stock.update(shirt, quantity)
        assert told(saleor) == [UPD]


def test_stocks_update_that_creates_a_row_says_back_only_above_zero(saleor):
    shirt = variant(saleor, default=0)
    saleor.add_warehouse("a")
    saleor.add_warehouse("b")
    saleor.stock.update(shirt, {"a": 0})
    assert told(saleor) == [UPD]
    saleor.stock.update(shirt, {"b": 5})
    assert told(saleor) == expected(saleor, [BACK, UPD], [BACK_CH])


def test_a_second_warehouse_says_back_and_out_though_the_variant_never_was_out(saleor):
    shirt = variant(saleor, default=12, second=0)
    saleor.stock.update(shirt, {SECOND: 5})
    assert told(saleor) == [BACK, UPD]
    saleor.stock.update(shirt, {SECOND: 0})
    assert told(saleor) == [OUT, UPD]


def test_two_warehouses_restocked_in_one_call_say_back_twice_and_one_channel_event(saleor):
    shirt = variant(saleor, default=0, second=0)
    saleor.stock.update(shirt, {"default-warehouse": 3, SECOND: 4})
    assert told(saleor) == expected(saleor, [BACK, BACK, UPD, UPD], [BACK_CH])


def test_two_warehouses_restocked_one_after_the_other_say_the_channel_event_once(saleor):
    shirt = variant(saleor, default=0, second=0)
    saleor.stock.update(shirt, 3)
    assert told(saleor) == expected(saleor, [BACK, UPD], [BACK_CH])
    saleor.stock.update(shirt, {SECOND: 4})
    assert told(saleor) == [BACK, UPD]


def test_allocated_units_count_as_gone(saleor):
    shirt = variant(saleor, default=2)
    saleor.orders.checkout({shirt: 2})
    told(saleor)
    saleor.stock.update(shirt, 5)
    assert told(saleor) == expected(saleor, [BACK, UPD], [BACK_CH])
    saleor.stock.update(shirt, 2)
    assert told(saleor) == expected(saleor, [OUT, UPD], [OUT_CH])
    saleor.stock.update(shirt, 1)
    assert told(saleor) == [UPD]


def test_stocks_create_says_back_even_with_zero_and_never_stock_updated(saleor):
    shirt = variant(saleor)
    for slug, quantity in (("a", 10), ("b", 0)):
        saleor.add_warehouse(slug)
        saleor.stock.create(shirt, {slug: quantity})
    with_ten, with_zero = expected(saleor, [BACK], [BACK_CH]), [BACK]
    assert told(saleor) == [*with_ten, *with_zero]


def test_stocks_create_with_zero_where_nothing_else_is_in_stock_lies_in_the_channel_too(saleor):
    shirt = variant(saleor)
    saleor.add_warehouse("a")
    saleor.stock.create(shirt, {"a": 0})
    assert told(saleor) == expected(saleor, [BACK], [BACK_CH])


def test_stocks_create_refuses_a_row_that_exists(saleor):
    with pytest.raises(ValueError, match="already"):
        saleor.stock.create(variant(saleor), 1)


def test_stocks_delete_says_out_though_another_warehouse_has_stock(saleor):
    shirt = variant(saleor, default=0, second=4)
    saleor.stock.delete(shirt, "default-warehouse")
    assert told(saleor) == [OUT]
    saleor.stock.delete(shirt, SECOND)
    assert told(saleor) == expected(saleor, [OUT], [OUT_CH])


def test_stock_bulk_update_says_stock_updated_of_changed_rows_alone(saleor):
    shirt, other = variant(saleor), saleor.add_product("Cap", variants={"S": 3}).variant_id
    saleor.stock.bulk_update({shirt: 5, other: 3})
    assert told(saleor) == [UPD]
    assert saleor.shop.variant(shirt).stocks["default-warehouse"].quantity == 5


def test_variant_bulk_update_and_the_dashboard_grid_say_nothing_of_stock(saleor):
    shirt = variant(saleor)
    saleor.stock.variant_bulk_update(shirt, 5)
    assert told(saleor) == [PVU]
    saleor.stock.save_grid(shirt, 0)
    assert told(saleor) == ["PRODUCT_UPDATED", PVU]


def test_the_variant_page_adds_variant_updated(saleor):
    saleor.stock.save_variant_page(variant(saleor), 10)
    assert told(saleor) == [*expected(saleor, [BACK, UPD], [BACK_CH]), PVU]


def test_click_and_collect_has_its_own_channel_event(saleor):
    shirt = variant(saleor, default=5)
    saleor.add_warehouse("counter", click_and_collect="LOCAL")
    saleor.stock.update(shirt, {"counter": 3})
    assert told(saleor) == expected(saleor, [BACK, UPD], [BACK + "_FOR_CLICK_AND_COLLECT"])
    saleor.stock.update(shirt, {"counter": 0})
    assert told(saleor) == expected(saleor, [OUT, UPD], [OUT + "_FOR_CLICK_AND_COLLECT"])


def test_channel_events_also_name_channels_where_the_variant_is_not_listed(clock):
    saleor = SandboxSaleor(clock, stock_mode="new")
    saleor.add_channel("channel-pln", currency="PLN")
    shirt = variant(saleor)
    saleor.catalogue.assign_warehouse("default-warehouse", channel="channel-pln")
    saleor.fired.clear()
    saleor.stock.update(shirt, 1)
    assert {e.channel.slug for e in saleor.fired if e.channel} == {"default-channel", "channel-pln"}


def test_reservations_begin_and_end_in_silence(saleor):
    shirt = variant(saleor, default=2)
    saleor.stock.reserve(shirt, 2, seconds=60)
    saleor.stock.release(shirt)
    assert told(saleor) == []


def test_before_3_23_every_new_row_says_back_and_every_save_of_nothing_says_out(clock):
    saleor = SandboxSaleor(clock, version="3.22.67")
    shirt = variant(saleor)
    saleor.stock.update(shirt, 0)
    assert told(saleor) == [OUT, UPD]
    saleor.add_warehouse("a")
    saleor.stock.update(shirt, {"a": 0})
    assert told(saleor) == [BACK, UPD]


def test_the_new_mode_needs_a_version_that_has_it(clock):
    with pytest.raises(ValueError, match=r"3\.23\.2"):
        SandboxSaleor(clock, version="3.22.67", stock_mode="new")
