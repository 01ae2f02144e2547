"""A key is sent as it is; a token is asked for before each call, and once more when it is refused."""

import httpx
import pytest

from saleor_stoq_app.errors import NeedsMerchant, Retryable
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, Batch
from saleor_stoq_app.providers.klaviyo import SPEC
from tests.providers.klaviyo.grants import by_api_key, by_oauth
from tests.providers.klaviyo.wire import Wire, refusal
from tests.providers.messages import alert

SINGLE = Batch("single", 100)


class Doorman(Wire):
    """Knows one token at a time."""

    good = "at_1"

    def __call__(self, request):
        if request.headers["authorization"] != f"Bearer {self.good}":
            self.requests.append(request)
            return refusal(401, ("/data/", "Incorrect authentication credentials."))
        return super().__call__(request)


@pytest.fixture
def wire():
    return Doorman()


@pytest.fixture
def klaviyo(tools, tokens):
    return SPEC.build(tokens.into(tools), by_oauth())


def headers(wire):
    return [request.headers["authorization"] for request in wire.requests]


async def test_a_token_is_asked_for_before_each_call(klaviyo, wire, tokens):
    await klaviyo.send(SINGLE, [alert(1)])
    tokens.token_now = wire.good = "at_fresh"
    await klaviyo.send(SINGLE, [alert(2)])

    assert headers(wire) == ["Bearer at_1", "Bearer at_fresh"]
    assert tokens.refreshed == 0


async def test_a_refused_token_is_refreshed_and_the_call_made_once_more(klaviyo, wire, tokens):
    wire.good = "at_2"

    results = await klaviyo.send(SINGLE, [alert(1)])

    assert set(results.values()) == {Accepted()}
    assert headers(wire) == ["Bearer at_1", "Bearer at_2"]


async def test_a_hundred_calls_with_a_dead_token_refresh_it_once(klaviyo, wire, tokens):
    wire.good = "at_2"

    results = await klaviyo.send(SINGLE, [alert(number) for number in range(100)])

    assert set(results.values()) == {Accepted()}
    assert len(results) == len(wire.told) == 100
    assert tokens.refreshed == 1


async def test_a_fresh_token_that_is_refused_too_ends_it(klaviyo, wire):
    wire.good = "of another account"

    results = await klaviyo.send(SINGLE, [alert(1)])

    (error,) = results.values()
    assert isinstance(error, NeedsMerchant)
    assert (error.code, error.fix) == ("RECONNECT", "Connect Klaviyo again.")
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    "error", [NeedsMerchant("Revoked.", code="RECONNECT"), Retryable("Silent.", after=9)]
)
async def test_what_the_store_says_of_a_dead_token_is_what_the_call_says(klaviyo, wire, tokens, error):
    wire.good = "none"
    tokens.dead = error

    assert list((await klaviyo.send(SINGLE, [alert(1)])).values()) == [error]


async def test_a_flow_is_made_once_with_a_fresh_token(tools, wire, tokens):
    wire.good = "at_2"
    flows = SPEC.flows(tokens.into(tools), by_oauth())

    await flows.seed("M", {"a": "b"}, "owner@shop.example")

    assert len(wire.events) == 1


async def test_a_refused_key_is_not_asked_for_again(tools, wire, tokens):
    klaviyo = SPEC.build(tokens.into(tools), by_api_key())

    (error,) = (await klaviyo.send(SINGLE, [alert(1)])).values()

    assert "private API key" in error.fix
    assert headers(wire) == ["Klaviyo-API-Key pk_0123456789abcdef"]
    assert tokens.asked == 0


async def test_where_nobody_keeps_tokens_the_merchant_must_connect(tools, wire):
    (error,) = (await SPEC.build(tools, by_oauth()).send(SINGLE, [alert(1)])).values()

    assert isinstance(error, NeedsMerchant)
    assert error.code == "RECONNECT"
    assert wire.requests == []


@pytest.mark.parametrize("answer", [httpx.ReadTimeout, refusal(500, ("/", "Bearer at_1")), refusal(401)])
async def test_no_token_is_in_an_error_or_an_address(klaviyo, wire, tokens, answer):
    wire.answer(answer, answer)

    (error,) = (await klaviyo.send(SINGLE, [alert(1)])).values()

    assert "at_" not in f"{error!r} {error} {getattr(error, 'fix', '')}"
    assert all("at_" not in str(request.url) for request in wire.requests)


def test_no_credential_is_in_what_a_connection_looks_like():
    assert "pk_" not in repr(by_api_key())


async def test_proof_is_asked_for_with_a_token_too(klaviyo, wire):
    wire.good = "at_2"

    assert await klaviyo.read_back(Stage.CONSENT, []) == {}
