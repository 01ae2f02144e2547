"""Flows are found, made once, switched, and shown as Klaviyo has them."""

import httpx
import orjson
import pytest

from saleor_stoq_app.errors import NeedsMerchant, ProviderError, Rejected, Retryable, Unknown
from saleor_stoq_app.providers.base import Gone, MissingScopes
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo import operations as op
from saleor_stoq_app.providers.klaviyo.flow_table import ALERT, PREORDER, TEMPLATES
from tests.providers.klaviyo.flow_wire import FlowWire
from tests.providers.klaviyo.grants import by_api_key, by_oauth
from tests.providers.klaviyo.wire import html, refusal

SAMPLES = {name: f"sample {name}" for name in ALERT.variables}
MERCHANT = "owner@shop.example"
NAME = ALERT.name
STRANGE = [
    "Zurück auf Lager 🎉",
    "再入荷のお知らせ",
    'The "big" alert',
    "It's back",
    "back\\slash",
    '"',
    " two  spaces ",
    "x" * 255,
    "🎉" * 255,
    "100% & more? #1 [a,b](c)",
]


@pytest.fixture
def wire():
    return FlowWire()


@pytest.fixture
def flows(tools):
    return SPEC.flows(tools, by_api_key())


@pytest.fixture
async def metric(flows):
    await flows.seed(ALERT.metric, SAMPLES, MERCHANT)
    return await flows.metric_id(ALERT.metric)


def asked(wire, method, path):
    return [request for request in wire.requests if (request.method, request.url.path) == (method, path)]


def ids(states):
    return [state.id for state in states]


# Seeding


async def test_a_seed_shows_all_variables_and_fires_nothing(flows, wire):
    await flows.seed(ALERT.metric, SAMPLES, MERCHANT)

    (event,) = wire.events.values()
    assert event["backfill"] is True
    assert event["properties"] == SAMPLES
    assert event["metric"]["data"]["attributes"]["name"] == ALERT.metric
    assert event["profile"]["data"]["attributes"] == {"email": MERCHANT}


async def test_a_merchant_may_be_seeded_by_phone(flows, wire):
    await flows.seed(ALERT.metric, SAMPLES, "+12125550006")

    (event,) = wire.events.values()
    assert event["profile"]["data"]["attributes"] == {"phone_number": "+12125550006"}


async def test_a_phone_that_klaviyo_leaves_out_seeds_nothing(flows, wire):
    wire.answer(httpx.Response(202, headers={"X-Klaviyo-Partial-Failure": "phone_number"}))

    with pytest.raises(Rejected, match="phone_number"):
        await flows.seed(ALERT.metric, SAMPLES, "+1212555000")


async def test_a_seed_without_an_answer_may_simply_be_sent_again(flows, wire):
    wire.lost.append("/api/events")

    with pytest.raises(Retryable):
        await flows.seed(ALERT.metric, SAMPLES, MERCHANT)
    await flows.seed(ALERT.metric, SAMPLES, MERCHANT)


# Making


@pytest.mark.parametrize("template", [each for group in TEMPLATES.values() for each in group])
async def test_a_flow_is_seeded_made_and_switched_live(flows, wire, template):
    await flows.seed(template.metric, dict.fromkeys(template.variables, "x"), MERCHANT)
    metric = await flows.metric_id(template.metric)

    made = await flows.create(template.plan(metric))
    live = await flows.activate(made.id)

    assert (made.name, made.status, made.metric_id, made.texts) == (template.name, "draft", metric, False)
    assert (live.id, live.is_live, live.texts, live.silent_messages) == (made.id, True, True, ())
    (text,) = live.messages
    assert (text.smart_sending, text.quiet_hours, text.transactional) == (False, True, template.transactional)
    assert await flows.flows_on(metric) == await flows.flows_named(template.name) == [live]


async def test_a_flow_is_made_with_our_text(flows, wire, metric):
    await flows.create(ALERT.plan(metric))

    (action,) = wire.flow_named(NAME)["definition"]["actions"]
    assert action["data"]["message"]["body"] == ALERT.body


async def test_a_text_that_klaviyo_leaves_a_draft_shows(flows, wire, metric):
    wire.leaves_drafts = True
    made = await flows.create(ALERT.plan(metric))

    state = await flows.activate(made.id)

    assert state.is_live
    assert not state.texts
    assert state.silent_messages == state.messages


async def test_a_transactional_mark_that_is_not_granted_shows(flows, wire, metric):
    wire.grants_transactional = False

    made = await flows.create(PREORDER.plan(metric))

    assert [text.transactional for text in made.messages] == [False]


@pytest.mark.parametrize(
    "answer", [refusal(500), refusal(503), html(502), html(201), httpx.Response(201), httpx.ReadTimeout]
)
async def test_a_flow_that_may_have_been_made_is_not_made_again(flows, wire, metric, answer):
    wire.answer(answer)

    with pytest.raises(Unknown):
        await flows.create(ALERT.plan(metric))
    assert len(asked(wire, "POST", "/api/flows")) == 1


async def test_whoever_looks_after_an_unknown_outcome_finds_the_flow(flows, wire, metric):
    wire.lost.append("/api/flows")

    with pytest.raises(Unknown):
        await flows.create(ALERT.plan(metric))

    (found,) = await flows.flows_on(metric)
    assert found == (await flows.flows_named(NAME))[0]
    assert (await flows.activate(found.id)).texts


@pytest.mark.parametrize("answer", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_a_flow_that_was_surely_not_made_is_made_later(flows, wire, metric, answer):
    wire.answer(answer, path="/api/flows")

    with pytest.raises(Retryable):
        await flows.create(ALERT.plan(metric))
    assert wire.flows == {}


@pytest.mark.parametrize("headers", [{"Retry-After": "2"}, {"Retry-After": "5"}])
async def test_a_short_pause_that_klaviyo_asks_for_is_kept(flows, wire, metric, clock, headers):
    began = clock.now()
    wire.answer(refusal(429, **headers), path="/api/flows")

    await flows.create(ALERT.plan(metric))

    assert (clock.now() - began).total_seconds() >= int(headers["Retry-After"])
    assert len(wire.flows) == 1


@pytest.mark.parametrize(("headers", "after"), [({"Retry-After": "59"}, 59), ({}, 10)])
async def test_a_long_pause_is_handed_back(flows, wire, metric, headers, after):
    wire.answer(refusal(429, **headers), path="/api/flows")

    with pytest.raises(Retryable) as caught:
        await flows.create(ALERT.plan(metric))
    assert caught.value.after == pytest.approx(after)
    assert wire.flows == {}


async def test_no_more_than_a_hundred_flows_are_asked_for_in_a_day(flows, wire, metric, clock):
    for _ in range(100):
        clock.advance(5)
        await flows.create(ALERT.plan(metric))
    clock.advance(60)

    with pytest.raises(Retryable) as caught:
        await flows.create(ALERT.plan(metric))
    assert caught.value.after > 3600
    assert len(wire.flows) == 100


async def test_a_metric_that_was_deleted_is_gone(flows, wire, metric):
    wire.metrics.clear()

    with pytest.raises(Gone) as caught:
        await flows.create(ALERT.plan(metric))
    assert caught.value.what == "metric"
    with pytest.raises(Gone) as caught:
        await flows.flows_on(metric)
    assert caught.value.what == "metric"
    assert await flows.metric_id(ALERT.metric) is None


async def test_a_refusal_that_points_at_the_metric_means_the_same(flows, wire):
    pointer = "/data/attributes/definition/triggers/0/id"
    wire.answer(refusal(400, (pointer, "Metric with id M1 does not exist.")))

    with pytest.raises(Gone, match="M1 does not exist") as caught:
        await flows.create(ALERT.plan("M1"))
    assert caught.value.what == "metric"


async def test_any_other_refusal_of_a_flow_is_told(flows, wire):
    wire.answer(refusal(400, ("/data/attributes/name", "The name is too long.")))

    with pytest.raises(Rejected, match="name is too long") as caught:
        await flows.create(ALERT.plan("M1"))
    assert not isinstance(caught.value, Gone)


# Switching


async def test_a_flow_is_paused_to_a_draft_and_deleted(flows, wire):
    flow_id = wire.add_flow(NAME)

    await flows.pause(flow_id)
    assert (await flows.read(flow_id)).status == "draft"
    await flows.delete(flow_id)
    assert wire.flows == {}


async def test_a_flow_that_klaviyo_does_not_pause_is_no_success(flows, wire):
    wire.answer(httpx.Response(200, json={"data": {"id": "F1", "attributes": {"status": "live"}}}))

    with pytest.raises(Rejected, match="left the flow live"):
        await flows.pause("F1")


async def test_deleting_what_is_gone_is_done(flows):
    await flows.delete("T23ivh")


@pytest.mark.parametrize("verb", ["activate", "pause", "read"])
async def test_a_flow_that_was_deleted_in_klaviyo_is_gone(flows, verb):
    with pytest.raises(Gone) as caught:
        await getattr(flows, verb)("T23ivh")
    assert caught.value.what == "flow"


@pytest.mark.parametrize("verb", ["activate", "pause", "delete"])
async def test_switching_without_an_answer_may_simply_be_repeated(flows, wire, verb):
    flow_id = wire.add_flow(NAME, status="draft")
    wire.lost.append(f"/api/flows/{flow_id}")

    with pytest.raises(Retryable):
        await getattr(flows, verb)(flow_id)
    await getattr(flows, verb)(flow_id)


def test_an_id_cannot_bend_an_address():
    assert op.READ_FLOW.path_of("../accounts?x=1") == "/api/flows/..%2Faccounts%3Fx%3D1"


# Finding


@pytest.mark.parametrize("name", STRANGE)
async def test_a_flow_is_found_by_its_strange_name(flows, wire, name):
    flow_id = wire.add_flow(name)
    wire.add_flow(name + "!")
    wire.add_flow("!" + name)

    assert ids(await flows.flows_named(name)) == [flow_id]


@pytest.mark.parametrize("other", [NAME.lower(), NAME + " ", NAME.replace(" ", "  "), NAME + "2"])
async def test_a_name_counts_to_the_letter(flows, wire, other):
    """R95."""
    flow_id = wire.add_flow(other)

    assert await flows.flows_named(NAME) == []
    assert ids(await flows.near(NAME)) == [flow_id]


async def test_of_a_hundred_flows_of_one_name_all_are_found_and_the_live_ones_read(flows, wire):
    for _ in range(97):
        wire.add_flow(NAME, status="draft")
    live = {wire.add_flow(NAME), wire.add_flow(NAME)}
    archived = wire.add_flow(NAME, archived=True)

    found = await flows.flows_named(NAME)

    assert len(found) == 100
    assert set(ids(found[:2])) == live
    assert found[-1].id == archived
    assert [state.is_read for state in found] == [True] * 10 + [False] * 90
    assert len(asked(wire, "GET", "/api/flows")) == 2


async def test_every_flow_on_a_metric_is_found_whatever_its_name(flows, wire, metric):
    """R93."""
    draft = wire.add_flow("Mine", metric, status="draft")
    live = wire.add_flow("Yours", metric, smart=True)
    wire.add_flow("Not on it", "Other1")

    found = await flows.flows_on(metric)

    assert ids(found) == [live, draft]
    assert {state.metric_id for state in found} == {metric}
    assert found[0].skips_the_second_text


async def test_flows_that_are_not_read_still_name_the_metric_that_they_were_found_by(flows, wire, metric):
    for number in range(12):
        wire.add_flow(f"N{number}", metric)

    found = await flows.flows_on(metric)

    assert [(state.is_read, state.metric_id) for state in found[-2:]] == [(False, metric)] * 2


async def test_a_flow_that_is_deleted_while_we_read_is_left_out(flows, wire):
    first, second = wire.add_flow(NAME), wire.add_flow(NAME)
    wire.answer(refusal(404), path=f"/api/flows/{first}")

    assert ids(await flows.flows_named(NAME)) == [second]


async def test_near_misses_are_looked_for_on_every_page(flows, wire):
    for number in range(120):
        wire.add_flow(f"Campaign {number}")
    flow_id = wire.add_flow(NAME.upper())

    assert ids(await flows.near(NAME)) == [flow_id]
    assert len(asked(wire, "GET", "/api/flows")) == 3


async def test_in_an_account_of_thousands_a_thousand_are_looked_through(flows, wire):
    for number in range(2000):
        wire.add_flow(f"Campaign {number}")

    assert await flows.near(NAME) == []
    assert len(asked(wire, "GET", "/api/flows")) == 20


# Trouble

CALLS = [
    ("POST /api/events", lambda flows: flows.seed(ALERT.metric, SAMPLES, MERCHANT), {"events:write"}),
    ("GET /api/metrics", lambda flows: flows.metric_id(ALERT.metric), {"metrics:read"}),
    ("GET /api/metrics/M1/flow-triggers", lambda flows: flows.flows_on("M1"), {"flows:read", "metrics:read"}),
    ("GET /api/flows", lambda flows: flows.flows_named(NAME), {"flows:read"}),
    ("GET /api/flows", lambda flows: flows.near(NAME), {"flows:read"}),
    ("GET /api/flows/F1", lambda flows: flows.read("F1"), {"flows:read"}),
    ("POST /api/flows", lambda flows: flows.create(ALERT.plan("M1")), {"flows:write"}),
    ("PATCH /api/flows/F1", lambda flows: flows.activate("F1"), {"flows:write"}),
    ("PATCH /api/flows/F1", lambda flows: flows.pause("F1"), {"flows:write"}),
    ("DELETE /api/flows/F1", lambda flows: flows.delete("F1"), {"flows:write"}),
]


@pytest.mark.parametrize(("place", "call", "scopes"), CALLS)
@pytest.mark.parametrize("kind", ["api_key", "oauth"])
async def test_a_call_that_is_not_allowed_names_its_scopes(tools, wire, tokens, kind, place, call, scopes):
    """R94, R101."""
    connection = by_oauth() if kind == "oauth" else by_api_key()
    wire.answer(refusal(403))

    with pytest.raises(MissingScopes) as caught:
        await call(SPEC.flows(tokens.into(tools), connection))

    assert set(caught.value.scopes) == scopes
    assert all(scope in caught.value.message and scope in caught.value.fix for scope in scopes)
    assert ("API key" in caught.value.fix) == (kind == "api_key")


@pytest.mark.parametrize(("place", "call", "scopes"), CALLS)
@pytest.mark.parametrize(
    "answer",
    [
        *(refusal(status) for status in (400, 401, 403, 405, 409, 410, 415, 429, 500, 502, 503, 504)),
        html(),
        html(403),
        httpx.Response(200, content=b"{"),
        httpx.Response(200, json=[]),
        httpx.Response(302),
        httpx.ConnectError,
        httpx.ReadError,
        httpx.RemoteProtocolError,
    ],
)
async def test_nothing_but_our_errors_comes_out(flows, wire, place, call, scopes, answer):
    wire.answer(*[answer] * 10)
    if place.startswith("DELETE") and getattr(answer, "status_code", 0) == 410:
        await call(flows)
        return

    with pytest.raises(ProviderError) as caught:
        await call(flows)
    assert isinstance(caught.value, Unknown) <= (place == "POST /api/flows")


async def test_a_conflict_is_told_in_klaviyos_words(flows, wire, metric):
    wire.answer(refusal(409, ("/data", "The flow is locked while it is reviewed.")))

    with pytest.raises(Rejected, match="locked while it is reviewed"):
        await flows.activate("T23ivh")


async def test_a_dead_key_must_be_made_anew(flows, wire):
    wire.answer(refusal(401))

    with pytest.raises(NeedsMerchant) as caught:
        await flows.near(NAME)
    assert caught.value.code == "RECONNECT"


async def test_every_body_is_json_api(flows, wire, metric):
    made = await flows.create(ALERT.plan(metric))
    await flows.activate(made.id)

    for request in wire.requests:
        assert request.headers["content-type"] == "application/vnd.api+json"
        assert request.headers["revision"] == "2026-07-15"
        assert not request.content or "data" in orjson.loads(request.content)
