"""Every delivery that a real Saleor sent, through the real route with its own headers, bytes and keys."""

import base64
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from saleor_stoq_app.config import Config
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.manifest import webhooks
from saleor_stoq_app.webhooks.router import routes
from tests.webhooks.conftest import Door

FILES = sorted(Path(__file__).parents[1].joinpath("fixtures", "saleor-deliveries").glob("*.json"))
DELIVERIES = {it["name"]: it for it in (json.loads(path.read_bytes()) for path in FILES) if it["signed"]}
IDENTIFIERS = {event.lower(): spec.identifier for spec in webhooks("3.24") for event in spec.events}


def recipient_of(body: dict) -> str:
    return (body.get("recipient") or {}).get("id") or "QXBwOjE="


def variants_of(body: dict) -> set[str]:
    """Return what the payload names, read apart from the code under test."""
    lines = (body.get("order") or {}).get("lines") or ()
    named = [body.get("productVariant"), *(line.get("variant") for line in lines)]
    return {it["id"] for it in named if it}


@pytest.fixture
async def replay(database, shops, clock):
    """Install the sender of a file, and deliver the file; its keys come from the file, never from the net."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"nobody should be asked: {request.url}")

    async with Client(guarded=False, transport=httpx.MockTransport(refuse)) as keys:
        app = Starlette(routes=routes(database, shops, keys, Config(settle_seconds=5), clock))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://x") as http:

            async def run(sent: dict):
                raw = base64.b64decode(sent["body_base64"])
                body = json.loads(raw)
                shop = await shops.save(
                    parse_saleor_api_url(dict(sent["headers"])["Saleor-Api-Url"]),
                    app_id=recipient_of(body),
                    token="t",
                    jwks=sent["jwks"],
                    schema_version=sent["saleor_version"][:4],
                )
                door = Door(http, database, clock)
                if not await door.hinted(shop):
                    await door.wait_for(shop, *variants_of(body), "somebody else's")
                identifier = IDENTIFIERS.get(sent["event"], "stock")
                answer = await http.post(
                    f"/api/webhooks/{identifier}",
                    content=raw,
                    headers=[(name, value) for name, value in sent["headers"]],
                )
                return answer, await door.hinted(shop), variants_of(body)

            yield run


def test_the_deliveries_are_here():
    assert len(DELIVERIES) == 51
    assert set(IDENTIFIERS) - {it["event"] for it in DELIVERIES.values()} == {
        "order_expired",
        "product_variant_out_of_stock_for_click_and_collect",
    }, "no capture of these exists"


@pytest.mark.parametrize("name", [it for it, sent in DELIVERIES.items() if sent["event"] in IDENTIFIERS])
async def test_a_delivery_that_we_asked_for_hints_at_exactly_its_variants(replay, name):
    answer, hinted, named = await replay(DELIVERIES[name])

    assert answer.status_code == 200
    assert {variant: hints for variant, (hints, _) in hinted.items()} == dict.fromkeys(named, 1)


@pytest.mark.parametrize("name", [it for it, sent in DELIVERIES.items() if sent["event"] not in IDENTIFIERS])
async def test_a_delivery_that_we_did_not_ask_for_is_refused_without_harm(replay, name):
    answer, hinted, _ = await replay(DELIVERIES[name])

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "EVENT")
    assert hinted == {}


async def test_the_last_attempt_is_the_first_again_and_counts_as_one_more_hint(replay):
    first, last = (DELIVERIES[f"retry__server_error__attempt_{it}"] for it in (1, 6))
    await replay(first)

    answer, hinted, named = await replay(last)

    assert answer.status_code == 200
    assert {variant: hints for variant, (hints, _) in hinted.items()} == dict.fromkeys(named, 2)
