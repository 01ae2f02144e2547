"""What every provider owes, whichever it is: registered means tested.

A provider's wire stands for its servers. It checks every request against the provider's own contract,
keeps what it was told, and answers as told.
"""

import logging
from datetime import timedelta

import fakeredis
import httpx
import pytest
import structlog

from saleor_stoq_app import log
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.errors import NeedsMerchant, ProviderError, Rejected, Retryable, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.base import Accepted, Batch, Connection, HandedOver, ProviderId, Tools
from saleor_stoq_app.providers.registry import PROVIDERS
from tests.providers.klaviyo.wire import Wire as KlaviyoWire
from tests.providers.klaviyo.wire import html, refusal
from tests.providers.messages import alert, permission, phone, sent

WIRES = {ProviderId.KLAVIYO: KlaviyoWire}
KEY = "pk_0123456789abcdef"
SCOPES = frozenset({"events:read", "metrics:read"})
FAILURES = (400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504, 524)
UNREADABLE = [html(), httpx.Response(200, content=b"{"), httpx.Response(200, json=[]), httpx.Response(302)]


SENDING = {spec.id: spec for spec in PROVIDERS.values() if spec.build is not None}


@pytest.fixture(params=SENDING.values(), ids=SENDING)
def spec(request):
    return request.param


@pytest.fixture
def wire(spec):
    return WIRES[spec.id]()


@pytest.fixture
async def tools(wire, clock):
    async with (
        Client(guarded=False, transport=httpx.MockTransport(wire)) as http,
        fakeredis.FakeAsyncRedis() as redis,
    ):
        yield Tools(http, Limiter(redis, clock), clock, Config())


@pytest.fixture
def provider(spec, tools):
    return spec.build(tools, Connection("c", "s", "api_key", KEY, SCOPES, "AbC123", "Acme", 1))


async def outcomes(provider, messages, *, repeat=False):
    """Hand messages over as the dispatcher does; an error of the call is the error of each."""
    batch = provider.plan(messages[0].stage, due=len(messages), repeat=repeat)
    assert batch.size >= len(messages)
    assert await provider.pace(batch) == 0
    try:
        return await provider.send(batch, messages)
    except ProviderError as error:
        return {message.key: error for message in messages}


async def outcome(provider, message):
    return (await outcomes(provider, [message]))[message.key]


def test_every_provider_is_registered_under_its_id_and_has_a_wire_as_soon_as_it_sends():
    assert set(PROVIDERS) == set(ProviderId)
    assert set(SENDING) == set(WIRES)
    assert all(provider_id is spec.id for provider_id, spec in PROVIDERS.items())


@pytest.mark.parametrize("spec", PROVIDERS.values(), ids=PROVIDERS)
def test_whoever_sends_nothing_says_why_and_whoever_sends_says_what(spec):
    assert (spec.build is None) == bool(spec.unavailable) == (not spec.stages)
    assert spec.label
    assert spec.media
    assert spec.alert_types


async def test_an_accepted_message_was_told_under_its_own_key(provider, wire):
    assert isinstance(await outcome(provider, alert(1)), Accepted)
    assert wire.told == [alert(1).key]


@pytest.mark.parametrize("number", [1, 49, 50, 100])
async def test_every_message_is_told_and_answered_once_under_its_own_key(provider, wire, number):
    messages = [alert(n) for n in range(number)]

    results = await outcomes(provider, messages)

    assert sorted(wire.told) == sorted(results) == [message.key for message in messages]
    assert all(isinstance(result, Accepted | HandedOver) for result in results.values())


async def test_a_repeat_is_told_once_where_the_provider_deduplicates(spec, provider, wire):
    await outcomes(provider, [alert(1)])
    results = await outcomes(provider, [alert(1)], repeat=True)

    assert spec.deduplicates
    assert wire.told == list(results) == [alert(1).key]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, ("/data/attributes", "The phone is not valid.")), Rejected),
        (refusal(401), NeedsMerchant),
        (refusal(403), NeedsMerchant),
        (refusal(404), Retryable),
        (refusal(410), Retryable),
        (refusal(413), Rejected),
        (refusal(415), Retryable),
        (refusal(429), Retryable),
        (refusal(500), Unknown),
        (refusal(503), Unknown),
        (html(503), Unknown),
        (html(200), Unknown),
        (httpx.Response(302), Unknown),
        (httpx.ConnectError, Retryable),
        (httpx.ConnectTimeout, Retryable),
        (httpx.PoolTimeout, Retryable),
        (httpx.ReadTimeout, Unknown),
        (httpx.ReadError, Unknown),
        (httpx.WriteError, Unknown),
        (httpx.RemoteProtocolError, Unknown),
    ],
)
async def test_speaks_our_four_outcomes(provider, wire, answer, error):
    wire.answer(answer)

    result = await outcome(provider, alert(1))

    assert isinstance(result, error)
    assert wire.told == []


async def test_the_time_that_the_provider_asks_for_is_honoured(provider, wire, clock):
    wire.answer(refusal(429, **{"Retry-After": "17"}))
    batch = provider.plan(Stage.ALERT, due=1, repeat=False)

    result = await outcome(provider, alert(1))

    assert result.after == 17
    assert await provider.pace(batch) == pytest.approx(17)
    clock.advance(17)
    assert await provider.pace(batch) == 0


async def test_after_a_wait_was_asked_for_the_rest_of_the_batch_is_not_called(provider, wire):
    wire.answer(*[refusal(429, **{"Retry-After": "2"})] * 20)

    results = await outcomes(provider, [alert(n) for n in range(49)])

    assert len(wire.requests) == 20
    assert len(results) == 49
    assert all(isinstance(result, Retryable) for result in results.values())
    assert {result.after for result in results.values()} == {2.0}


async def test_a_merchants_trouble_says_what_to_mend(provider, wire):
    wire.answer(refusal(403))

    result = await outcome(provider, alert(1))

    assert "events:write" in result.message
    assert result.fix


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("due", [1, 7, 50, 999, 1000, 100_000])
def test_a_plan_never_holds_more_than_is_due(provider, stage, repeat, due):
    assert 1 <= provider.plan(stage, due=due, repeat=repeat).size <= min(due, 1000)


async def test_pacing_lets_a_burst_through_and_then_says_when(provider, clock):
    batch = provider.plan(Stage.ALERT, due=1000, repeat=False)
    passed = 0
    while (wait := await provider.pace(batch)) == 0:
        passed += 1

    assert passed == 10
    assert 0 < wait <= 1.1
    clock.advance(wait)
    assert await provider.pace(batch) == 0


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("number", [1, 60])
@pytest.mark.parametrize(
    "answer", [*(refusal(status) for status in FAILURES), *UNREADABLE, httpx.ReadTimeout, httpx.ConnectError]
)
async def test_nothing_but_our_errors_comes_out(provider, wire, clock, stage, number, answer):
    messages = [alert(n) if stage is Stage.ALERT else permission(n, clock.now()) for n in range(number)]
    wire.answer(*[answer] * 300)

    results = await outcomes(provider, messages)

    assert set(results) == {message.key for message in messages}
    assert all(isinstance(result, ProviderError) for result in results.values())
    with pytest.raises(ProviderError):
        await provider.read_back(stage, [sent(message, clock.now()) for message in messages])


@pytest.fixture
def logged(caplog):
    """What our own logging would have written, as text."""
    root = logging.getLogger()
    before = root.handlers, root.level
    log.set_up("json")
    root.handlers = [caplog.handler]
    yield caplog
    root.handlers, root.level = before
    structlog.reset_defaults()


async def test_no_contact_and_no_key_is_in_any_error_or_log(spec, provider, tools, wire, logged):
    told = f"{phone(1)} or {phone(1)[1:]} of sarah@shop.example is bad, so is (212) 555-0001 and {KEY}"
    wire.answer(refusal(400, ("/data/attributes/profile", told)))
    errors = [await outcome(provider, alert(1))]
    wire.answer(refusal(400, ("/data/attributes/events-bulk-create/data/3/x", told)))
    errors += (await outcomes(provider, [alert(n) for n in range(60)])).values()
    for status in FAILURES:
        wire.answer(refusal(status, ("/data", told), **{"X-Klaviyo-API-Revision": "2027-01-15"}))
        errors.append(await outcome(provider, permission(1, tools.clock.now())))
        wire.answer(refusal(status, ("/data", told)))
        with pytest.raises(ProviderError) as caught:
            await spec.probe(tools, KEY)
        errors.append(caught.value)

    said = repr(errors) + "".join(getattr(e, "message", "") + getattr(e, "fix", "") for e in errors)
    assert "other_revision" in logged.text
    for secret in (phone(1)[1:], "sarah@", "0123456789abcdef", "555-0001"):
        assert secret not in said
        assert secret not in logged.text


async def test_a_message_handed_over_is_accepted_once_the_provider_shows_it(spec, provider, wire, clock):
    messages = [alert(n) for n in range(60)]
    batch = provider.plan(Stage.ALERT, due=60, repeat=False)
    assert batch == Batch("bulk", 60)
    called_at = clock.now()
    results = await provider.send(batch, messages)
    assert set(results.values()) == {HandedOver(120)}
    clock.advance(120)

    proof = await provider.read_back(Stage.ALERT, [sent(message, called_at) for message in messages])

    assert set(proof) == {message.key for message in messages}
    assert set(proof.values()) == {Accepted()}


async def test_a_message_that_was_swallowed_is_unknown_in_the_end_and_a_repeat_tells_it(
    provider, wire, clock
):
    wire.swallows = True
    messages = [alert(n) for n in range(60)]
    handed = [sent(message, clock.now()) for message in messages]
    await outcomes(provider, messages)
    clock.advance(120)
    young = await provider.read_back(Stage.ALERT, handed)
    clock.advance(timedelta(minutes=10).total_seconds())
    old = await provider.read_back(Stage.ALERT, handed)

    assert {type(result) for result in young.values()} == {HandedOver}
    assert {type(result) for result in old.values()} == {Unknown}
    assert set((await outcomes(provider, messages, repeat=True)).values()) == {Accepted()}
    assert len(wire.told) == 60


async def test_a_key_shows_its_account(spec, tools):
    account = await spec.probe(tools, KEY)

    assert account.id == "AbC123"
    assert account.name == "Acme"
    assert account.scopes >= SCOPES


@pytest.mark.parametrize("key", ["", "two words", "naïve", "new\nline"])
async def test_what_is_no_key_is_refused_without_a_call(spec, tools, wire, key):
    with pytest.raises(NeedsMerchant):
        await spec.probe(tools, key)

    assert wire.requests == []


@pytest.mark.parametrize(
    "answer", [httpx.ConnectError, httpx.ReadTimeout, refusal(500), refusal(429), html()]
)
async def test_a_silent_provider_is_asked_again_about_a_key(spec, tools, wire, answer):
    wire.answer(answer)

    with pytest.raises(Retryable):
        await spec.probe(tools, KEY)
