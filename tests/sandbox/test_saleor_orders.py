"""What orders do to stock, and which variants Saleor then names, rightly or not (saleor.md table 6.1)."""

import pytest

from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from saleor_stoq_app.sandbox.saleor.allocation import InsufficientStock

BACK, OUT = "PRODUCT_VARIANT_BACK_IN_STOCK", "PRODUCT_VARIANT_OUT_OF_STOCK"
PLACED = ["ORDER_CREATED", "ORDER_CONFIRMED"]
CANCELLED = ["ORDER_CANCELLED", "ORDER_UPDATED"]


@pytest.fixture(params=["legacy", "new"])
def saleor(request, clock):
    return SandboxSaleor(clock, stock_mode=request.param)


def products(saleor, **quantities):
    return [
        saleor.add_product(name, variants={"One": units}).variant_id for name, units in quantities.items()
    ]


def told(saleor):
    """(event, product) pairs of stock, and names of the rest."""
    said = [
        (event.name, event.variant.product.name) if event.variant else event.name for event in saleor.fired
    ]
    saleor.fired.clear()
    return said


def by_kind(said):
    warehouse = [one for one in said if isinstance(one, tuple) and one[0] in {BACK, OUT}]
    channel = {one for one in said if isinstance(one, tuple) and one[0].endswith("_IN_CHANNEL")}
    return warehouse, channel, [one for one in said if isinstance(one, str)]


def in_channel(saleor, *pairs):
    return (
        {(f"{name}_IN_CHANNEL", product) for name, product in pairs}
        if saleor.shop.stock_mode == "new"
        else set()
    )


def test_a_draft_touches_nothing_until_it_is_completed(saleor):
    a, b, c = products(saleor, A=2, B=2, C=3)
    draft = saleor.orders.draft({a: 2, b: 2, c: 1})
    assert told(saleor) == ["DRAFT_ORDER_CREATED"]
    saleor.orders.complete(draft)
    assert by_kind(told(saleor)) == (
        [(OUT, "A"), (OUT, "B")],
        in_channel(saleor, (OUT, "A"), (OUT, "B")),
        PLACED,
    )


def test_a_checkout_of_one_line_says_out_of_it(saleor):
    (a,) = products(saleor, A=2)
    saleor.orders.checkout({a: 2}, paid=True)
    assert by_kind(told(saleor)) == (
        [(OUT, "A")],
        in_channel(saleor, (OUT, "A")),
        ["ORDER_CREATED", "ORDER_FULLY_PAID", "ORDER_UPDATED", "ORDER_CONFIRMED"],
    )


def test_a_checkout_of_several_lines_says_out_of_the_last_line_each_time(saleor):
    a, b, c = products(saleor, A=2, B=2, C=9)
    saleor.orders.checkout({a: 2, b: 2, c: 1})
    assert by_kind(told(saleor)) == (
        [(OUT, "C"), (OUT, "C")],
        in_channel(saleor, (OUT, "A"), (OUT, "B")),
        PLACED,
    )


@pytest.mark.parametrize(("stock", "expected"), [(2, [(BACK, "A")]), (3, [])])
def test_a_cancelled_line_says_back_only_if_it_was_sold_out(saleor, stock, expected):
    (a,) = products(saleor, A=stock)
    order = saleor.orders.checkout({a: 2})
    told(saleor)
    saleor.orders.cancel(order)
    assert by_kind(told(saleor)) == (expected, in_channel(saleor, *expected), CANCELLED)


@pytest.mark.parametrize(("order_of_lines", "named"), [("ABC", "C"), ("CAB", "B")])
def test_a_cancel_of_several_lines_names_the_last_line_each_time(saleor, order_of_lines, named):
    ids = dict(zip("ABC", products(saleor, A=2, B=2, C=9), strict=True))
    wanted = {"A": 2, "B": 2, "C": 1}
    order = saleor.orders.checkout({ids[name]: wanted[name] for name in order_of_lines})
    told(saleor)
    saleor.orders.cancel(order)
    assert by_kind(told(saleor)) == (
        [(BACK, named), (BACK, named)],
        in_channel(saleor, (BACK, "A"), (BACK, "B")),
        CANCELLED,
    )


def test_an_expired_order_is_handled_as_a_cancelled_one(saleor):
    (a,) = products(saleor, A=2)
    order = saleor.orders.checkout({a: 2})
    told(saleor)
    saleor.orders.expire(order)
    expected = [(BACK, "A")]
    assert by_kind(told(saleor)) == (
        expected,
        in_channel(saleor, *expected),
        ["ORDER_EXPIRED", "ORDER_UPDATED"],
    )


def test_fulfilment_of_a_sold_out_variant_says_back_falsely_then_out(saleor):
    (a,) = products(saleor, A=2)
    order = saleor.orders.checkout({a: 2})
    told(saleor)
    saleor.orders.fulfil(order)
    assert by_kind(told(saleor)) == (
        [(BACK, "A"), (OUT, "A")],
        in_channel(saleor, (BACK, "A")),
        ["FULFILLMENT_CREATED", "ORDER_FULFILLED", "ORDER_UPDATED"],
    )
    assert saleor.shop.variant(a).stocks["default-warehouse"].quantity == 0


def test_a_cancelled_fulfilment_returns_units_as_allocated_and_says_back_only_at_the_cancel(saleor):
    (a,) = products(saleor, A=2)
    order = saleor.orders.checkout({a: 2})
    saleor.orders.fulfil(order)
    told(saleor)
    saleor.orders.return_products(order)
    saleor.orders.cancel_fulfilment(order)
    assert told(saleor) == ["ORDER_UPDATED", "FULFILLMENT_CANCELED", "ORDER_UPDATED"]
    saleor.orders.cancel(order)
    assert by_kind(told(saleor))[0] == [(BACK, "A")]
    assert saleor.shop.variant(a).stocks["default-warehouse"].available == 2


def test_fulfilment_of_what_is_not_sold_out_says_nothing_of_stock(saleor):
    (a,) = products(saleor, A=5)
    order = saleor.orders.checkout({a: 2})
    told(saleor)
    saleor.orders.fulfil(order)
    assert by_kind(told(saleor))[:2] == ([], set())


def test_a_changed_line_says_out_and_back(saleor):
    (a,) = products(saleor, A=3)
    order = saleor.orders.checkout({a: 2})
    told(saleor)
    for quantity, name in ((3, OUT), (1, BACK), (3, OUT), (0, BACK)):
        saleor.orders.change_line(order, a, quantity)
        expected = [(name, "A")]
        assert by_kind(told(saleor)) == (expected, in_channel(saleor, *expected), ["ORDER_UPDATED"])
    assert order.lines == []


def test_an_import_of_orders_has_an_event_of_its_own(saleor):
    (a,) = products(saleor, A=2)
    saleor.orders.bulk_create({a: 2})
    assert told(saleor) == ["ORDER_BULK_CREATED"]


def test_a_preorder_line_takes_no_stock(saleor):
    (a,) = products(saleor, A=0)
    saleor.catalogue.start_preorder(a, threshold=10)
    told(saleor)
    order = saleor.orders.checkout({a: 2})
    assert (told(saleor), order.lines[0].allocations) == (PLACED, [])
    saleor.stock.update(a, 10)
    assert by_kind(told(saleor))[0] == [(BACK, "A")]


def test_more_than_there_is_cannot_be_ordered_and_nothing_changes(saleor):
    a, b = products(saleor, A=2, B=0)
    with pytest.raises(InsufficientStock):
        saleor.orders.checkout({a: 1, b: 1})
    assert (saleor.shop.orders, saleor.shop.variant(a).stocks["default-warehouse"].available) == ({}, 2)


def test_reserved_units_cannot_be_ordered(saleor):
    (a,) = products(saleor, A=2)
    saleor.stock.reserve(a, 1, seconds=60)
    with pytest.raises(InsufficientStock):
        saleor.orders.checkout({a: 2})
