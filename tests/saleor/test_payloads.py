import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.saleor.manifest import webhooks
from saleor_stoq_app.saleor.payloads import (
    ORDER_EVENTS,
    VARIANT_EVENTS,
    parse_delivery,
    recipient,
    variant_ids,
)
from tests.fixtures.deliveries import SIGNED

WITHOUT_IDS = {"product_variant_updated__dashboard_grid_0_to_8"}
STOCK = [
    delivery
    for delivery in SIGNED.values()
    if delivery.event in VARIANT_EVENTS and delivery.name not in WITHOUT_IDS
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
ids = st.from_regex(r"[A-Za-z0-9=]{1,20}", fullmatch=True)


@pytest.mark.parametrize("delivery", SIGNED.values(), ids=lambda delivery: delivery.name)
def test_every_real_delivery_is_read(delivery):
    body = parse_delivery(delivery.raw)
    assert "issuedAt" in body
    assert body.get("__typename") == delivery.typename
    assert isinstance(variant_ids(delivery.event, body), tuple)


@pytest.mark.parametrize("delivery", STOCK, ids=lambda delivery: delivery.name)
def test_a_real_stock_event_names_its_variant_and_its_installation(delivery):
    body = parse_delivery(delivery.raw)
    assert variant_ids(delivery.event, body) == (body["productVariant"]["id"],)
    assert recipient(body) in {"QXBwOjE=", "QXBwOjI="}


@pytest.mark.parametrize("delivery", [d for d in SIGNED.values() if d not in STOCK], ids=lambda d: d.name)
def test_a_real_delivery_without_ids_hints_at_nothing(delivery):
    assert variant_ids(delivery.event, parse_delivery(delivery.raw)) == ()


def test_the_wrapped_form_says_what_the_flat_form_says():
    wrapped = parse_delivery(SIGNED["order_created__filterable_form_data_wrapper"].raw)
    flat = parse_delivery(SIGNED["order_created__flat_form_same_order"].raw)
    assert wrapped["order"]["id"] == flat["order"]["id"]


@pytest.mark.parametrize(
    "wrapped",
    [
        {"data": {"orderCancelled": {"order": {"id": "T3JkZXI6MQ=="}}}},
        {"data": {"__typename": "OrderCancelled", "order": {"id": "T3JkZXI6MQ=="}}},
    ],
)
def test_both_wrapped_shapes_are_opened(wrapped):
    assert parse_delivery(orjson.dumps(wrapped))["order"] == {"id": "T3JkZXI6MQ=="}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"[]", b'"text"', b"1", b"\xff\xfe", b"[" * 5000, b"NaN"]
)
def test_what_is_no_json_object_is_refused(raw):
    with pytest.raises(InvalidInput):
        parse_delivery(raw)


@given(st.binary().filter(lambda raw: b"{" not in raw))
def test_any_other_bytes_are_refused_in_our_own_words(raw):
    with pytest.raises(InvalidInput):
        parse_delivery(raw)


@given(st.dictionaries(st.text(), json_values))
def test_any_json_object_is_a_body(body):
    assert isinstance(parse_delivery(orjson.dumps(body)), dict)


@given(st.sampled_from(sorted(ORDER_EVENTS)), st.lists(ids | st.none(), max_size=8))
def test_a_cancelled_or_expired_order_hints_at_every_line_once(event, variants):
    lines = [{"quantity": 1, "variant": None if variant is None else {"id": variant}} for variant in variants]
    body = parse_delivery(
        orjson.dumps({"__typename": "OrderCancelled", "order": {"id": "T3I=", "lines": lines}})
    )
    named = [variant for variant in variants if variant is not None]
    assert list(variant_ids(event, body)) == list(dict.fromkeys(named))


@given(
    st.sampled_from(sorted(VARIANT_EVENTS | ORDER_EVENTS | {"app_deleted", ""})),
    st.dictionaries(st.sampled_from(["productVariant", "order", "recipient", "data"]), json_values)
    | st.fixed_dictionaries(
        {
            "productVariant": json_values | st.fixed_dictionaries({"id": json_values}),
            "order": st.fixed_dictionaries(
                {"lines": json_values | st.lists(st.fixed_dictionaries({"variant": json_values}))}
            ),
            "recipient": json_values | st.fixed_dictionaries({"id": json_values}),
        }
    ),
)
def test_odd_bodies_give_ids_or_nothing(event, body):
    read = parse_delivery(orjson.dumps(body))
    for found in (*variant_ids(event, read), recipient(read) or "none"):
        assert found.isascii()
        assert found.isprintable()
        assert 0 < len(found) <= 256


@pytest.mark.parametrize("bad", ["", "a b", "a\x00b", "é", "x" * 257, 5, None, ["x"], {"id": "x"}])
def test_what_cannot_be_an_id_is_passed_over(bad):
    assert variant_ids("product_variant_updated", {"productVariant": {"id": bad}}) == ()
    assert recipient({"recipient": {"id": bad}}) is None


def test_every_event_of_the_manifest_that_hints_is_known_here():
    named = {event.lower() for spec in webhooks("3.24") for event in spec.events}
    assert named == VARIANT_EVENTS | ORDER_EVENTS | {"app_deleted", "app_status_changed"}
