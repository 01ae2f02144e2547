"""A key is proved by its account, and its scopes by what it may read."""

from dataclasses import replace

import httpx
import pytest

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import NeedsMerchant, Retryable
from saleor_stoq_app.http import Client, GuardedTransport
from saleor_stoq_app.providers.klaviyo import SPEC
from tests.providers.klaviyo.wire import refusal

KEY = "pk_0123456789abcdef"


async def test_a_full_key_has_every_scope_that_we_use(tools):
    account = await SPEC.probe(tools, KEY)

    assert account.scopes == {
        "accounts:read",
        "events:read",
        "events:write",
        "metrics:read",
        "flows:read",
        "flows:write",
        "profiles:read",
        "profiles:write",
        "lists:write",
        "subscriptions:write",
    }


async def test_what_may_not_be_read_is_not_assumed_writable(tools, wire):
    wire.answer(refusal(403), path="/api/flows")
    wire.answer(refusal(403), path="/api/events")

    account = await SPEC.probe(tools, KEY)

    assert account.scopes == {
        "accounts:read",
        "metrics:read",
        "profiles:read",
        "profiles:write",
        "lists:write",
        "subscriptions:write",
    }


async def test_a_key_that_may_not_read_its_account_says_so(tools, wire):
    wire.answer(refusal(403))

    with pytest.raises(NeedsMerchant, match="accounts:read"):
        await SPEC.probe(tools, KEY)


async def test_an_account_without_a_name_is_called_by_its_id(tools, wire):
    wire.account_name = ""

    assert (await SPEC.probe(tools, KEY)).name == "AbC123"


async def test_a_key_without_an_account_is_asked_about_again(tools, wire):
    wire.answer(httpx.Response(200, json={"data": []}))

    with pytest.raises(Retryable):
        await SPEC.probe(tools, KEY)


async def test_an_address_that_may_not_be_called_is_said_to_be_so(tools, wire):
    guarded = GuardedTransport(httpx.MockTransport(wire))
    config = Config(klaviyo_api_url="http://127.0.0.1")
    async with Client(guarded=True, transport=guarded) as http:
        with pytest.raises(Retryable, match="may not be called"):
            await SPEC.probe(replace(tools, http=http, config=config), KEY)


async def test_the_key_goes_into_the_header_alone(tools, wire):
    await SPEC.probe(tools, KEY)

    for request in wire.requests:
        assert request.headers["authorization"] == f"Klaviyo-API-Key {KEY}"
        assert KEY not in str(request.url)
