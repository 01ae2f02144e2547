"""What a live flow does: one text for one event, or a recorded reason why not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.clock import ManualClock, SystemClock
from saleor_stoq_app.sandbox.klaviyo import Delays, SandboxKlaviyo
from saleor_stoq_app.sandbox.klaviyo.quiet import next_open
from saleor_stoq_app.sandbox.klaviyo.templates import check_template, render
from tests.sandbox.klaviyo.calls import METRIC, OTHER_PHONE, PHONE, calling, person, subscriber

FRENCH, BRITISH, CALIFORNIAN, CHINESE = "+33612345678", "+442079460000", "+13105550100", "+8613800138000"


def reasons(klaviyo):
    return [skip.reason for skip in klaviyo.skips]


async def test_a_live_flow_texts_a_person_who_permitted_it(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC, body="Hi {{ event.customer_name|default:'there' }}, {{ event.title }} is back")
    klaviyo.opt_in(PHONE)
    await caller.event(properties={"title": "Floral Shirt"})
    assert phones.total() == 0
    clock.advance(1)
    klaviyo.settle()
    (text,) = phones.inbox(PHONE)
    assert text.body == "Hi there, Floral Shirt is back"
    assert text.at == datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC)
    assert klaviyo.skips == []


async def test_two_live_flows_text_twice(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC)
    klaviyo.add_flow(METRIC)
    klaviyo.opt_in(PHONE)
    await caller.event()
    clock.advance(1)
    klaviyo.settle()
    assert phones.counts() == {PHONE: 2}


async def test_a_repeated_event_texts_once(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC)
    klaviyo.opt_in(PHONE)
    for _ in range(3):
        await caller.event()
        clock.advance(1)
    klaviyo.settle()
    assert phones.counts() == {PHONE: 1}


@pytest.mark.parametrize("status", ["draft", "manual"])
async def test_a_flow_that_is_not_live_does_nothing(caller, klaviyo, clock, phones, status):
    klaviyo.add_flow(METRIC, status=status)
    klaviyo.opt_in(PHONE)
    await caller.event()
    clock.advance(1)
    assert klaviyo.skips == []
    assert phones.total() == 0


async def test_an_archived_flow_and_a_flow_on_another_metric_do_nothing(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC).archived = True
    klaviyo.add_flow("Another metric")
    klaviyo.opt_in(PHONE)
    await caller.event()
    clock.advance(1)
    klaviyo.settle()
    assert phones.total() == 0


@pytest.mark.parametrize("status", ["draft", "manual", "disabled"])
async def test_an_action_that_is_not_live_inside_a_live_flow_is_seen(caller, klaviyo, clock, phones, status):
    klaviyo.add_flow(METRIC, action_status=status)
    klaviyo.opt_in(PHONE)
    await caller.event()
    clock.advance(1)
    assert reasons(klaviyo) == [f"Action Is {status.title()}"]
    assert phones.total() == 0


async def test_without_permission_nobody_is_texted_and_the_reason_is_recorded(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC, name="Alerts")
    await caller.event()
    clock.advance(1)
    (skip,) = klaviyo.skips
    assert (skip.reason, skip.phone, skip.unique_id) == ("Missing SMS Consent", PHONE, "u1")
    assert (skip.flow, skip.metric) == ("Alerts", METRIC)
    assert phones.total() == 0


async def test_a_permission_that_does_not_hold_yet_is_none(caller, klaviyo, clock):
    klaviyo.add_flow(METRIC)
    await caller.post("/api/profile-import", person())
    await caller.subscribe(subscriber())
    await caller.event()
    clock.advance(300)
    assert reasons(klaviyo) == ["Missing SMS Consent"]


async def test_a_transactional_permission_is_none_for_an_alert(caller, klaviyo, clock):
    klaviyo.add_flow(METRIC)
    await caller.post("/api/profile-import", person())
    await caller.subscribe(subscriber(subscriptions={"sms": {"transactional": {"consent": "SUBSCRIBED"}}}))
    clock.advance(180)
    await caller.event()
    clock.advance(1)
    assert reasons(klaviyo) == ["Missing SMS Consent"]


async def test_after_stop_nobody_is_texted(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC)
    klaviyo.opt_in(PHONE)
    klaviyo.reply(PHONE, "STOP")
    await caller.event()
    clock.advance(1)
    assert reasons(klaviyo) == ["Missing SMS Consent"]
    assert phones.total() == 0


async def test_a_person_without_a_phone_and_countries_without_texts_are_skipped(caller, klaviyo, clock):
    klaviyo.add_flow(METRIC)
    for phone in (CHINESE, BRITISH):
        klaviyo.opt_in(phone)
    klaviyo.account.sends_to = frozenset(("US",))
    await caller.event(profile=person(None, email="sarah@shop.example"))
    await caller.event(CHINESE)
    await caller.event(BRITISH)
    clock.advance(1)
    expected = ["Missing Phone Number", "Phone Number in Country Not Supported", "No Sending Number"]
    assert reasons(klaviyo) == expected


async def test_smart_sending_lets_one_text_a_day_through(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC, smart_sending=True)
    klaviyo.opt_in(PHONE)
    for number, hours in enumerate((0, 23, 1.1)):
        clock.advance(hours * 3600)
        await caller.event(unique_id=f"u{number}")
        clock.advance(1)
    assert reasons(klaviyo) == ["Smart Sending"]
    assert phones.counts() == {PHONE: 2}


async def test_quiet_hours_let_a_text_wait_for_the_morning(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC, quiet_hours=True)
    for phone in (BRITISH, CALIFORNIAN):
        klaviyo.opt_in(phone)
        await caller.event(phone)
    clock.advance(1)
    klaviyo.settle()
    assert phones.counts() == {BRITISH: 1}
    clock.advance(7 * 3600)
    klaviyo.settle()
    assert phones.inbox(CALIFORNIAN)[0].at == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


async def test_permission_withdrawn_over_night_stops_the_text_of_the_morning(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC, quiet_hours=True)
    klaviyo.opt_in(CALIFORNIAN)
    await caller.event(CALIFORNIAN)
    clock.advance(1)
    klaviyo.reply(CALIFORNIAN, "STOP")
    clock.advance(24 * 3600)
    assert reasons(klaviyo) == ["Missing SMS Consent"]
    assert phones.total() == 0


@pytest.mark.parametrize(
    ("moment", "phone", "country", "opens"),
    [
        ("2026-11-23T12:00", BRITISH, "GB", "2026-11-23T12:00"),
        ("2026-11-23T20:59", BRITISH, "GB", "2026-11-23T20:59"),
        ("2026-11-23T21:00", BRITISH, "GB", "2026-11-24T08:00"),
        ("2026-11-23T07:59", BRITISH, "GB", "2026-11-23T08:00"),
        ("2026-11-23T20:30", FRENCH, "FR", "2026-11-23T20:30"),
        ("2026-11-23T21:00", FRENCH, "FR", "2026-11-24T07:00"),
        ("2026-11-22T12:00", FRENCH, "FR", "2026-11-23T07:00"),
        ("2026-11-23T15:00", CALIFORNIAN, "US", "2026-11-23T16:00"),
        ("2026-11-23T12:30", PHONE, "US", "2026-11-23T13:00"),
    ],
)
def test_quiet_hours_follow_the_phones_own_clock(moment, phone, country, opens):
    asked, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (moment, opens))
    assert next_open(asked, phone, country) == expected


@given(st.integers(0, 366 * 24 * 60), st.sampled_from(["GB", "FR", "NZ"]))
def test_the_next_open_moment_is_open(minutes, country):
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    opens = next_open(moment, BRITISH, country)
    assert opens >= moment
    assert next_open(opens, BRITISH, country) == opens


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ event.title }}", "Shirt"),
        ("{{event.title}}!", "Shirt!"),
        ("{{ event.missing }}", ""),
        ("{{ event.empty|default:'nothing' }}", "nothing"),
        ('{{ event.missing|default:"there" }}', "there"),
        ("{{ event.missing | default: 'there' }}", "there"),
        ("{{ event.missing|default:'' }}", ""),
        ("{{ event.count }}", "0"),
        ("{{ person.first_name }} at {{ organization.name }}", "Sarah at Acme"),
        ("no variables", "no variables"),
    ],
)
def test_templates_are_filled_in(template, text):
    check_template(template)
    scopes = {
        "event": {"title": "Shirt", "empty": "", "count": 0},
        "person": {"first_name": "Sarah"},
        "organization": {"name": "Acme"},
    }
    assert render(template, scopes) == text


@pytest.mark.parametrize(
    "template", ["{{ event|lookup:'x' }}", "{% if event.x %}", "{{ catalog.x }}", "{{ event.x"]
)
def test_a_flow_with_a_template_beyond_the_double_is_not_made(klaviyo, template):
    with pytest.raises(ValueError, match="sandbox renders"):
        klaviyo.add_flow(METRIC, body=template)


async def test_the_same_works_on_the_clock_of_the_machine(phones):
    now = Delays(processing=0, listing=0, metric=0, consent=(0, 0))
    klaviyo = SandboxKlaviyo(SystemClock(), phones, delays=now)
    klaviyo.add_flow(METRIC)
    async with calling(klaviyo) as caller:
        await caller.post("/api/profile-import", person())
        await caller.subscribe(subscriber())
        await caller.event()
        assert len(await caller.all("/api/events")) == 1
    assert phones.counts() == {PHONE: 1}


async def test_late_things_happen_at_their_own_time_in_order(caller, klaviyo, clock: ManualClock, phones):
    klaviyo.add_flow(METRIC)
    klaviyo.opt_in(PHONE)
    klaviyo.opt_in(OTHER_PHONE)
    await caller.event()
    clock.advance(0.5)
    await caller.event(OTHER_PHONE)
    clock.advance(3600)
    klaviyo.settle()
    first, second = phones.inbox(PHONE)[0].at, phones.inbox(OTHER_PHONE)[0].at
    assert (second - first).total_seconds() == 0.5
