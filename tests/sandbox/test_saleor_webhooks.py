"""Webhooks of the double: bytes, headers, signature, retries, and the ways in which they go astray."""

import asyncio
import json
from datetime import timedelta

import httpx
import jwt
import pytest
from jwt import PyJWKSet, api_jws

from saleor_stoq_app.sandbox.saleor import SandboxSaleor, Shopper
from tests.sandbox.saleor_receiver import BASE, Receiver

API = "http://shop.test:8000/graphql/"
BACK, UPD = "product_variant_back_in_stock", "product_variant_stock_updated"


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
async def saleor(clock, receiver):
    async with SandboxSaleor(clock, api_url=API, transport=httpx.ASGITransport(receiver.app())) as saleor:
        await saleor.install(f"{BASE}/manifest")
        saleor.pending.clear()
        receiver.requests.clear()
        yield saleor


@pytest.fixture
def shirt(saleor):
    return saleor.add_product("Shirt", variants={"S": 0}, price="20.00").variant_id


async def jwks(saleor):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(saleor.app)) as client:
        return (await client.get("http://shop.test:8000/.well-known/jwks.json")).json()


def bodies(receiver):
    return [json.loads(body) for request, body in receiver.requests if request.url.path.startswith("/hooks")]


async def test_a_body_is_the_content_of_event_with_typename_recipient_and_version(saleor, receiver, shirt):
    saleor.stock.update(shirt, 10)
    await saleor.deliver()
    back, updated = bodies(receiver)
    assert back == {
        "__typename": "ProductVariantBackInStock",
        "issuedAt": "2026-11-23T09:00:00.000001+00:00",
        "version": "3.23.28",
        "recipient": {"id": "QXBwOjE="},
        "productVariant": {"id": shirt, "quantityAvailable": 10},
        "warehouse": {"slug": "default-warehouse"},
    } | {"issuedAt": back["issuedAt"]}
    assert updated["productVariant"]["stocks"] == [{"quantity": 10, "quantityAllocated": 0}]
    assert back["issuedAt"] != updated["issuedAt"]


async def test_stock_updated_ignores_the_channel_that_was_asked_for(clock, receiver):
    saleor = SandboxSaleor(clock, stock_mode="new", transport=httpx.ASGITransport(receiver.app()))
    await saleor.install(f"{BASE}/manifest")
    saleor.stock.update(saleor.add_product("Shirt").variant_id, 10)
    await saleor.deliver()
    variant = bodies(receiver)[-1]["productVariant"]
    assert (variant["channel"], variant["pricing"], variant["quantityAvailable"]) == (None, None, 0)


async def test_headers_are_saleors_in_saleors_order(saleor, receiver, shirt):
    saleor.stock.bulk_update({shirt: 1})
    await saleor.deliver()
    ((request, _),) = receiver.requests
    names = [name for name in request.headers if "saleor" in name]
    assert names == [
        *("x-saleor-event", "x-saleor-domain", "x-saleor-signature"),
        *("saleor-event", "saleor-domain", "saleor-signature", "saleor-api-url"),
    ]
    assert request.headers["saleor-event"] == request.headers["x-saleor-event"] == UPD
    assert (request.headers["saleor-domain"], request.headers["saleor-api-url"]) == ("shop.test:8000", API)
    assert (request.headers["content-type"], request.headers["user-agent"]) == (
        "application/json",
        "Saleor/3.23",
    )
    assert request.headers["host"] == "app.test"


async def test_the_signature_is_a_detached_jws_over_the_raw_bytes(saleor, receiver, shirt):
    saleor.stock.bulk_update({shirt: 1})
    await saleor.deliver()
    ((request, raw),) = receiver.requests
    signature = request.headers["saleor-signature"]
    head = jwt.get_unverified_header(signature)
    assert list(head) == ["alg", "b64", "crit", "kid", "typ"]
    assert (head["alg"], head["b64"], head["crit"], head["typ"]) == ("RS256", False, ["b64"], "JWT")
    assert signature.split(".")[1] == ""
    keys = await jwks(saleor)
    assert list(keys["keys"][0]) == ["kty", "key_ops", "n", "e", "use", "kid", "alg"]
    key = PyJWKSet.from_dict(keys)[head["kid"]]
    api_jws.decode_complete(signature, key=key, algorithms=["RS256"], detached_payload=raw)
    with pytest.raises(jwt.InvalidSignatureError):
        api_jws.decode_complete(signature, key=key, algorithms=["RS256"], detached_payload=raw + b" ")


async def test_503_is_tried_six_times_in_all_with_the_same_bytes(saleor, receiver, shirt, clock):
    receiver.hook_answers = [503] * 6
    saleor.stock.bulk_update({shirt: 1})
    start, moments = clock.now(), []
    while saleor.pending:
        clock.advance((saleor.pending[0].due_at - clock.now()).total_seconds())
        moments += [(attempt.at - start).total_seconds() for attempt in await saleor.deliver()]
    assert moments == [0, 10, 30, 70, 150, 310]
    assert len({(body, request.headers["saleor-signature"]) for request, body in receiver.requests}) == 1
    assert [attempt.outcome for attempt in saleor.attempts] == ["retry"] * 5 + ["failed"]


async def test_503_twice_then_200_is_a_success(saleor, receiver, shirt, clock):
    receiver.hook_answers = [503, 503]
    saleor.stock.bulk_update({shirt: 1})
    for seconds in (0, 9, 1, 20):
        clock.advance(seconds)
        await saleor.deliver()
    assert [attempt.outcome for attempt in saleor.attempts] == ["retry", "retry", "success"]


@pytest.mark.parametrize("status", [302, 401, 404, 429])
async def test_3xx_and_4xx_are_never_tried_again(saleor, receiver, shirt, status):
    receiver.hook_answers = [status]
    saleor.stock.bulk_update({shirt: 1})
    (attempt,) = await saleor.deliver()
    assert (attempt.status, attempt.outcome, saleor.pending) == (status, "failed", [])


async def test_silence_is_tried_again(clock, receiver):
    calls = []

    def silent(request):
        calls.append(request)
        raise httpx.ReadTimeout("slow", request=request)

    saleor = SandboxSaleor(clock, transport=httpx.ASGITransport(receiver.app()))
    app = await saleor.install(f"{BASE}/manifest")
    deaf = SandboxSaleor(clock, transport=httpx.MockTransport(silent))
    deaf.shop.apps.append(app)
    deaf.stock.bulk_update({deaf.add_product("Shirt").variant_id: 1})
    (attempt,) = await deaf.deliver()
    assert (attempt.status, attempt.outcome, len(calls)) == (None, "retry", 1)
    assert deaf.pending[0].due_at == clock.now() + timedelta(seconds=10)


async def test_a_retry_after_a_key_rotation_carries_the_new_key(saleor, receiver, shirt, clock):
    receiver.hook_answers = [503]
    saleor.stock.bulk_update({shirt: 1})
    old = await jwks(saleor)
    await saleor.deliver()
    saleor.rotate_key()
    clock.advance(10)
    await saleor.deliver()
    new = await jwks(saleor)
    kids = [jwt.get_unverified_header(r.headers["saleor-signature"])["kid"] for r, _ in receiver.requests]
    assert kids == [old["keys"][0]["kid"], new["keys"][0]["kid"]]
    assert len(new["keys"]) == 1


async def test_deliveries_can_be_dropped_doubled_reordered_and_delayed(saleor, receiver, shirt, clock):
    saleor.stock.update(shirt, 1)
    saleor.stock.save_grid(shirt, 2)
    back, updated, _ = saleor.pending
    saleor.pending.remove(back)
    saleor.pending.reverse()
    updated.due_at += timedelta(seconds=5)
    saleor.redeliver(updated)
    await saleor.deliver()
    clock.advance(5)
    await saleor.deliver()
    events = [request.headers["saleor-event"] for request, _ in receiver.requests]
    assert events == ["product_variant_updated", UPD, UPD]
    assert receiver.requests[1][1] == receiver.requests[2][1]


async def test_stock_events_show_the_moment_of_the_change_and_order_events_that_of_sending(
    saleor, receiver, shirt
):
    saleor.stock.bulk_update({shirt: 5})
    order = saleor.orders.checkout({shirt: 1}, shopper=Shopper(phone="+14155550142"))
    saleor.orders.fulfil(order)
    await saleor.deliver()
    stock, created = bodies(receiver)
    assert stock["productVariant"]["stocks"] == [{"quantity": 5, "quantityAllocated": 0}]
    assert (created["order"]["status"], created["order"]["lines"][0]["variant"]) == (
        "FULFILLED",
        {"id": shirt},
    )


async def test_fulfilment_sends_a_back_in_stock_with_nothing_available(saleor, receiver, shirt):
    saleor.stock.bulk_update({shirt: 2})
    order = saleor.orders.checkout({shirt: 2})
    saleor.pending.clear()
    saleor.orders.fulfil(order)
    await saleor.deliver()
    said = [(body["__typename"], body["productVariant"]["quantityAvailable"]) for body in bodies(receiver)]
    assert said == [("ProductVariantBackInStock", 0), ("ProductVariantOutOfStock", 0)]


async def test_custom_headers_are_sent_in_lower_case(clock, receiver):
    receiver.manifest["webhooks"][0]["customHeaders"] = {"X-Test-Custom": "1"}
    saleor = SandboxSaleor(clock, transport=httpx.ASGITransport(receiver.app()))
    await saleor.install(f"{BASE}/manifest")
    saleor.stock.bulk_update({saleor.add_product("Shirt").variant_id: 1})
    await saleor.deliver()
    assert (b"x-test-custom", b"1") in receiver.requests[-1][0].headers.raw


async def test_keep_delivering_empties_the_queue_again_and_again(saleor, receiver, shirt, clock):
    receiver.hook_answers = [503]
    saleor.stock.bulk_update({shirt: 1})
    working = asyncio.create_task(saleor.keep_delivering(every=5))
    for _ in range(200):
        await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert [attempt.outcome for attempt in saleor.attempts] == ["retry", "success"]


async def test_set_up_tells_nobody(saleor):
    saleor.add_channel("channel-pln", currency="PLN")
    saleor.add_warehouse("second")
    saleor.add_product("Cap", variants={"One": 3}, channel=("default-channel", "channel-pln"))
    assert (saleor.pending, [event.name for event in saleor.fired]) == ([], ["APP_INSTALLED"])


async def test_fragments_name_events_too_and_what_an_app_may_not_see_is_null(clock, receiver):
    receiver.manifest["permissions"] = ["MANAGE_ORDERS"]
    receiver.manifest["webhooks"] = [
        {
            "name": "orders",
            "targetUrl": f"{BASE}/hooks/orders",
            "query": """subscription { event { ...Created } }
              fragment Created on Event { ... on OrderCreated { order { lines { variant { product {
                channelListings { isPublished } } } } } } }""",
        }
    ]
    saleor = SandboxSaleor(clock, transport=httpx.ASGITransport(receiver.app()))
    await saleor.install(f"{BASE}/manifest")
    saleor.orders.checkout({saleor.add_product("Shirt", variants={"S": 1}).variant_id: 1})
    await saleor.deliver()
    (body,) = bodies(receiver)
    assert body["order"]["lines"][0]["variant"]["product"]["channelListings"] is None
    assert body["errors"][0]["message"].endswith("MANAGE_PRODUCTS")


async def test_products_and_channels_have_events(clock, receiver):
    receiver.manifest["permissions"] = ["MANAGE_PRODUCTS", "MANAGE_CHANNELS"]
    receiver.manifest["webhooks"][0]["query"] = """subscription { event { __typename
      ... on ProductUpdated { product(channel: "default-channel") { isAvailableForPurchase } }
      ... on ChannelUpdated { channel { slug isActive } } } }"""
    saleor = SandboxSaleor(clock, transport=httpx.ASGITransport(receiver.app()))
    await saleor.install(f"{BASE}/manifest")
    saleor.catalogue.sell_from(saleor.add_product("Shirt").product_id, None)
    saleor.catalogue.set_channel_active("default-channel", active=False)
    await saleor.deliver()
    assert bodies(receiver)[-2:] == [
        {"__typename": "ProductUpdated", "product": {"isAvailableForPurchase": False}},
        {"__typename": "ChannelUpdated", "channel": {"slug": "default-channel", "isActive": False}},
    ]


async def test_a_channel_event_is_about_its_channel(clock, receiver):
    receiver.manifest["webhooks"][0]["query"] = """subscription { event {
      ... on ProductVariantBackInStockInChannel {
        productVariant { channel quantityAvailable } channel { slug } } } }"""
    saleor = SandboxSaleor(clock, stock_mode="new", transport=httpx.ASGITransport(receiver.app()))
    await saleor.install(f"{BASE}/manifest")
    saleor.stock.update(saleor.add_product("Shirt").variant_id, 10)
    await saleor.deliver()
    assert bodies(receiver)[-1] == {
        "productVariant": {"channel": "default-channel", "quantityAvailable": 10},
        "channel": {"slug": "default-channel"},
    }
