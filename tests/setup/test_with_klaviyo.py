"""Set-up and test events with the double of Klaviyo behind HTTP (R28 to R48, R106)."""

from dataclasses import replace

import fakeredis
import httpx
import pytest
import sqlalchemy as sa

from saleor_stoq_app.clock import process_id
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.database.tables import jobs
from saleor_stoq_app.database.work import Jobs
from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.base import Connection, SetupMethod, SetupNeeds, Tools
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo, drop, error, html, throttle
from saleor_stoq_app.sandbox.phones import Phones
from saleor_stoq_app.setup import test_event
from saleor_stoq_app.setup.problems import Code
from saleor_stoq_app.setup.steps import Step
from saleor_stoq_app.setup.test_event import EventTest, TestState
from tests.setup.bench import ALERT, PREORDER, REMINDER, Bench

OWN_PHONE = "+14155550123"
AGREED = "This is my own phone, and it may be texted."
ANY_KEY = {SetupMethod.AUTOMATIC: SetupNeeds(frozenset({"api_key"}), frozenset())}
"""The double gives a key what it gives an app: the way of connecting is another suite's matter."""


@pytest.fixture
def phones():
    return Phones()


@pytest.fixture
def klaviyo(clock, phones):
    return SandboxKlaviyo(clock, phones)


@pytest.fixture
async def memory():
    """The Redis of this test."""
    async with fakeredis.FakeAsyncRedis() as redis:
        yield redis


@pytest.fixture
async def tools(klaviyo, clock, memory):
    network = httpx.ASGITransport(klaviyo.app)
    async with Client(guarded=False, transport=network) as http:
        yield Tools(http, Limiter(memory, clock), clock, Config())


@pytest.fixture
async def bench(database, clock, vault, klaviyo, tools):
    bench = await Bench(database, clock, vault).open()
    bench.spec = replace(SPEC, setups=SPEC.setups | ANY_KEY)
    account = await SPEC.probe(tools, klaviyo.api_key)
    bench.connection = Connection(
        "c", bench.shop.id, "api_key", klaviyo.api_key, account.scopes, account.id, account.name, 1
    )
    bench.account = SPEC.flows(tools, bench.connection)
    return bench


def live(klaviyo, metric):
    metrics = klaviyo.account.metrics.named(metric)
    return [flow for one in metrics for flow in klaviyo.account.flows.on(one.id) if flow.runs]


async def test_from_continue_to_live_flows(bench, klaviyo):
    """R28 to R34, R86."""
    await bench.automatic()
    await bench.work()

    setup = await bench.setup()
    assert (setup.step, setup.failure) == (Step.READY, None)
    for metric in (ALERT, REMINDER):
        (flow,) = live(klaviyo, metric)
        (text,) = flow.texts
        assert flow.name == f"STOQ - {metric}"
        assert text["data"]["message"]["sms_quiet_hours_enabled"] is True
        assert text["data"]["message"]["smart_sending_enabled"] is False


async def test_what_klaviyo_makes_of_transactional_is_kept(bench, klaviyo):
    """R87."""
    klaviyo.transactional = "refuses"
    await bench.automatic(bench.preorders)
    await bench.work()
    setup = await bench.setup(bench.preorders)
    assert (setup.step, setup.flow("preorder").transactional) == (Step.READY, False)


async def test_a_text_that_klaviyo_left_a_draft_is_reported(bench, klaviyo):
    """R104."""
    klaviyo.leaves_messages_draft = True
    await bench.automatic(bench.preorders)
    await bench.work()
    setup = await bench.setup(bench.preorders)
    assert (setup.step, setup.failure.code) == (Step.FAILED, Code.MESSAGE_NOT_LIVE)


CALLS = [
    "POST /api/events",
    "GET /api/metrics",
    "GET /api/metrics/{id}/flow-triggers",
    "GET /api/flows",
    "POST /api/flows",
    "GET /api/flows/{id}",
    "PATCH /api/flows/{id}",
]


@pytest.mark.parametrize(
    "fault",
    [throttle(30), throttle(), error(503), error(500, acts=True), html(), drop(), drop(acts=True)],
    ids=[
        "429",
        "429 without Retry-After",
        "503",
        "500 after acting",
        "HTML",
        "dropped",
        "dropped after acting",
    ],
)
@pytest.mark.parametrize("call", CALLS)
async def test_whatever_happens_to_a_call_one_flow_is_live(bench, klaviyo, call, fault):
    """R102."""
    klaviyo.fail(call, fault)
    await bench.automatic(bench.preorders)
    await bench.work()
    setup = await bench.setup(bench.preorders)
    assert (setup.step, len(live(klaviyo, PREORDER))) == (Step.READY, 1)
    assert len(klaviyo.account.flows.by_id) == 1


async def test_redis_flushed_before_every_step_leaves_one_flow(bench, klaviyo, memory):
    await bench.automatic(bench.preorders)
    while (due := await bench.next_run()) is not None:
        bench.clock.advance(max((due - bench.clock.now()).total_seconds(), 0))
        await memory.flushall()
        await bench.jobs.turn("jobs")
    assert (await bench.setup(bench.preorders)).step is Step.READY
    assert (len(live(klaviyo, PREORDER)), len(klaviyo.account.flows.by_id)) == (1, 1)


async def test_a_seed_fires_no_flow(bench, klaviyo, phones):
    """R42."""
    klaviyo.add_flow(ALERT)
    klaviyo.opt_in(OWN_PHONE)
    await bench.starting.begin(bench.place, SetupMethod.MANUAL, OWN_PHONE)
    await bench.work()
    bench.clock.advance(86_400)
    klaviyo.settle()
    assert len(klaviyo.events(ALERT)) == 1
    assert phones.total() == 0


# Test events


@pytest.fixture
def testing(bench, tools):
    testing = EventTest(
        database=bench.database, clock=bench.clock, managers=bench.managers, tools=tools, vault=bench.vault
    )
    bench.jobs = Jobs(bench.database, bench.clock, {test_event.KIND: testing}, process_id(bench.clock.now()))
    return testing


async def test_a_test_event_is_marked_and_texts_the_merchants_own_phone(bench, klaviyo, phones, testing):
    """R48."""
    klaviyo.add_flow(ALERT)
    asked = await testing.send(bench.place, "alert", OWN_PHONE, consent=AGREED)
    await bench.work()
    bench.clock.advance(60)
    klaviyo.settle()

    (event,) = klaviyo.events(ALERT)
    assert event.properties["stoq_test"] == "true"
    assert event.properties["title_incl_variant"] == "Floral Shirt - Medium"
    assert event.unique_id == f"test:{asked.nonce}"
    assert phones.total() == 1
    assert (await testing.last(bench.place))["alert"].state is TestState.SENT


async def test_the_event_waits_until_the_permission_holds(bench, klaviyo, testing):
    klaviyo.add_flow(ALERT)
    await testing.send(bench.place, "alert", OWN_PHONE, consent=AGREED)
    await bench.jobs.turn("jobs")
    assert (await testing.last(bench.place))["alert"].state is TestState.RECORDING_CONSENT
    assert klaviyo.events(ALERT) == []


async def test_it_may_be_repeated(bench, klaviyo, phones, testing):
    """R48."""
    klaviyo.add_flow(ALERT)
    for _ in range(3):
        await testing.send(bench.place, "alert", OWN_PHONE, consent=AGREED)
        await bench.work()
        bench.clock.advance(60)
    klaviyo.settle()
    assert phones.total() == 3


async def test_a_lost_answer_does_not_text_twice(bench, klaviyo, phones, testing):
    klaviyo.add_flow(ALERT)
    klaviyo.opt_in(OWN_PHONE)
    klaviyo.fail("POST /api/events", drop(acts=True))
    await testing.send(bench.place, "alert", OWN_PHONE, consent=AGREED)
    await bench.work()
    bench.clock.advance(60)
    klaviyo.settle()
    assert phones.total() == 1


@pytest.mark.parametrize(
    ("phone", "consent", "field"),
    [("0142", AGREED, "phone"), ("", AGREED, "phone"), (OWN_PHONE, " ", "consent")],
)
async def test_without_a_phone_or_consent_nothing_is_sent(bench, klaviyo, testing, phone, consent, field):
    with pytest.raises(InvalidInput) as caught:
        await testing.send(bench.place, "alert", phone, consent=consent)
    assert caught.value.field == field
    assert await bench.next_run() is None


async def test_a_connection_lost_before_the_event_is_told(bench, testing):
    """R111."""
    await testing.send(bench.place, "alert", OWN_PHONE, consent=AGREED)
    bench.connection = None
    await bench.work()
    last = (await testing.last(bench.place))["alert"]
    assert (last.state, last.reason) == (TestState.REFUSED, "Klaviyo is not connected.")


async def test_no_phone_lies_readable_in_the_database(bench, testing):
    await testing.send(bench.place, "alert", OWN_PHONE, consent=AGREED)
    payload = await bench.database.read(lambda conn: conn.scalar(sa.select(jobs.c.payload)))
    assert OWN_PHONE not in str(payload)
