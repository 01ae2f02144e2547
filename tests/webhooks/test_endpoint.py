"""What the door refuses, in which order and with which status; and that it promises only what is stored."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from structlog.testing import capture_logs

from saleor_stoq_app.config import Config
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import metadata
from saleor_stoq_app.errors import Forbidden, InvalidInput, Unavailable
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.manifest import webhooks
from saleor_stoq_app.saleor.payloads import variant_ids
from saleor_stoq_app.saleor.shops import Shop, Shops, ShopStatus
from saleor_stoq_app.webhooks.endpoint import opened
from saleor_stoq_app.webhooks.reading import read_body
from saleor_stoq_app.webhooks.router import families, routes
from saleor_stoq_app.webhooks.stock import EVENTS

EVENT, TYPENAME = "product_variant_stock_updated", "ProductVariantStockUpdated"
MEBIBYTE = 1024 * 1024


def signed(saleor, raw, **changes):
    return raw, saleor.headers(EVENT, raw, **changes)


def sound(saleor):
    return saleor.body(TYPENAME, productVariant={"id": "V1"})


def test_every_webhook_that_we_ask_for_has_its_family_of_events(database):
    wanted = {spec.identifier: {event.lower() for event in spec.events} for spec in webhooks("3.24")}

    assert {it: set(family.events) for it, family in families(database, Config()).items()} == wanted


def test_the_type_of_an_event_is_its_name_in_camel_case(database):
    for family in families(database, Config()).values():
        assert {event: event.title().replace("_", "") for event in family.events} == dict(family.events)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_only_posts_are_deliveries_even_where_there_is_no_webhook(door, method):
    for identifier in ("stock", "nothing"):
        response = await door.http.request(method, f"/api/webhooks/{identifier}")

        assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_an_unknown_webhook_is_not_found_before_anything_else_is_looked_at(door):
    response = await door.http.post("/api/webhooks/nothing", content=b"x" * (MEBIBYTE + 1))

    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "given_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
async def test_only_json_is_read(door, saleor, shop, given_type):
    raw, headers = signed(saleor, b"x" * (MEBIBYTE + 1), content_type=given_type)

    assert (await door.post("stock", raw, headers)).status_code == 415


@pytest.mark.parametrize(
    "given_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
async def test_json_may_be_spelled_in_several_ways(door, saleor, shop, given_type):
    raw, headers = signed(saleor, sound(saleor), content_type=given_type)

    assert (await door.post("stock", raw, headers)).status_code == 200


async def test_a_body_over_a_mebibyte_is_refused_by_its_announced_length(door):
    announced = {"Content-Type": "application/json", "Content-Length": str(MEBIBYTE + 1)}

    response = await door.http.post("/api/webhooks/stock", content=b"", headers=announced)

    assert response.status_code == 413


async def test_a_body_over_a_mebibyte_is_refused_though_its_length_was_not_announced(door, saleor, shop):
    raw = sound(saleor) + b" " * MEBIBYTE

    async def parts():
        for start in range(0, len(raw), 65536):
            yield raw[start : start + 65536]

    response = await door.http.post(
        "/api/webhooks/stock", content=parts(), headers=saleor.headers(EVENT, raw)
    )

    assert "content-length" not in response.request.headers
    assert response.status_code == 413


async def test_a_body_in_parts_is_one_body(door, saleor, shop):
    raw = sound(saleor)

    async def parts():
        for byte in raw:
            yield bytes([byte])

    response = await door.http.post(
        "/api/webhooks/stock", content=parts(), headers=saleor.headers(EVENT, raw)
    )

    assert response.status_code == 200


async def test_a_body_of_exactly_a_mebibyte_is_read(door, saleor, shop):
    raw = sound(saleor)
    raw += b" " * (MEBIBYTE - len(raw))

    assert (await door.post("stock", *signed(saleor, raw))).status_code == 200


@pytest.mark.parametrize("missing", ["saleor_api_url", "saleor_signature", "saleor_event"])
async def test_a_delivery_without_its_names_is_refused(door, saleor, shop, missing):
    raw, headers = signed(saleor, sound(saleor), **{missing: ""})
    headers |= {"X-Saleor-Event": EVENT, "X-Saleor-Signature": "x"}

    assert (await door.post("stock", raw, headers)).status_code == 400


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"<html>", b"[" * 100_000])
async def test_signed_bytes_that_are_no_json_object_are_refused(door, saleor, shop, raw):
    response = await door.post("stock", *signed(saleor, raw))

    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID")


async def test_unsigned_bytes_are_not_even_parsed(door, saleor, shop):
    raw, headers = signed(saleor, b"{", saleor_signature="x..y")

    assert (await door.post("stock", raw, headers)).status_code == 401


@pytest.mark.parametrize(
    ("event", "typename"),
    [
        ("product_variant_stock_updated", "ProductVariantUpdated"),
        ("product_variant_stock_updated", None),
        ("order_cancelled", "OrderCancelled"),
        ("order_created", "OrderCreated"),
        ("", "ProductVariantStockUpdated"),
        ("PRODUCT_VARIANT_STOCK_UPDATED", "ProductVariantStockUpdated"),
    ],
)
async def test_an_event_that_is_not_this_webhooks_or_not_what_it_says_is_refused(
    door, saleor, shop, event, typename
):
    await door.wait_for(shop, "V1")
    raw = saleor.body(typename, productVariant={"id": "V1"})

    response = await door.post("stock", raw, saleor.headers(event or "unknown", raw))

    assert (response.status_code, response.json()["error"]["code"]) == (400, "EVENT")
    assert await door.hinted(shop) == {}


async def test_a_delivery_for_another_installation_is_refused(door, saleor, shop):
    await door.wait_for(shop, "V1")
    raw = saleor.body(TYPENAME, productVariant={"id": "V1"}, recipient={"id": "QXBwOjI="})

    response = await door.post("stock", *signed(saleor, raw))

    assert (response.status_code, response.json()["error"]["code"]) == (403, "RECIPIENT")
    assert await door.hinted(shop) == {}


async def test_a_delivery_that_names_no_installation_is_for_us(door, saleor, shop):
    raw = saleor.body(TYPENAME, productVariant={"id": "V1"}, recipient=None)

    assert (await door.post("stock", *signed(saleor, raw))).status_code == 200


async def test_what_could_not_be_stored_is_not_promised(tmp_path, vault, clock, saleor):
    database = Database(f"sqlite:///{tmp_path / 'stoq.sqlite3'}")
    metadata.create_all(database.engine)
    shops = Shops(database, vault, clock)
    await shops.save(
        parse_saleor_api_url(saleor.url),
        app_id=saleor.app_id,
        token="t",
        jwks=saleor.jwks,
        schema_version="3.23",
    )
    async with Client(guarded=False, transport=httpx.MockTransport(saleor)) as keys:
        app = Starlette(routes=routes(database, shops, keys, Config(), clock))
        await database.close()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://x") as http:
            raw, headers = signed(saleor, sound(saleor))
            response = await http.post("/api/webhooks/stock", content=raw, headers=headers)

    assert (response.status_code, response.json()["error"]["code"]) == (503, "UNAVAILABLE")


async def test_the_log_of_a_refusal_holds_no_word_of_the_caller(door, saleor, shop):
    raw, headers = signed(saleor, b'{"phone": "+14155550142"}', saleor_signature="SECRET..SECRET")

    with capture_logs() as logged:
        await door.post("stock", raw, headers)

    refused = {"event": "webhook refused", "log_level": "info", "webhook": "stock", "status": 401}
    assert logged == [refused | {"code": "SIGNATURE"}]


async def _parts(*messages):
    for message in messages:
        yield message
    await asyncio.sleep(3600)


def _receive(*messages):
    parts = _parts(*messages)
    return parts.__anext__


async def test_a_delivery_that_breaks_off_is_refused():
    first = {"type": "http.request", "body": b"{", "more_body": True}

    with pytest.raises(InvalidInput, match="broke off"):
        await read_body({}, _receive(first, {"type": "http.disconnect"}))


async def test_a_delivery_that_drips_is_given_up_and_may_come_again():
    first = {"type": "http.request", "body": b"{", "more_body": True}

    with pytest.raises(Unavailable, match="too slowly"):
        await read_body({}, _receive(first), seconds=0.01)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries(
    {"__typename": st.just(TYPENAME) | JSON},
    optional={
        "recipient": st.fixed_dictionaries({"id": st.just("QXBwOjE=") | JSON}) | JSON,
        "productVariant": st.fixed_dictionaries({"id": st.text(max_size=6) | JSON}) | JSON,
        "data": JSON,
        "order": JSON,
    },
)
SHOP = Shop(
    "s" * 32,
    "pub_x",
    parse_saleor_api_url("https://shop.example/graphql/"),
    "QXBwOjE=",
    "t",
    {},
    "3.23",
    ShopStatus.ACTIVE,
)


@given(BODIES)
def test_whatever_is_signed_leads_to_hints_or_to_a_refusal(body):
    try:
        read = opened(json.dumps(body).encode(), EVENT, EVENTS, SHOP)
    except (InvalidInput, Forbidden):
        return

    assert read["__typename"] == TYPENAME
    assert all(variant_ids(EVENT, read))
