"""What flows made through the API do: filters, delays, re-entry, and the transactional mark."""

import pytest

from tests.sandbox.klaviyo.calls import METRIC, OTHER_PHONE, PHONE, person, subscriber
from tests.sandbox.klaviyo.flow_calls import action_change, create, defined, delay, groups, sms, status

A_DAY = 86400


@pytest.fixture
async def metric_id(caller, klaviyo, clock):
    klaviyo.limits = None
    klaviyo.opt_in(PHONE)
    await caller.event(unique_id="seed", backfill=True)
    clock.advance(60)
    return klaviyo.events(METRIC)[0].metric.id


@pytest.fixture
def live(caller, metric_id):
    async def make(*actions, **more):
        made = await create(caller, metric_id, *actions, **more)
        await caller.patch(f"/api/flows/{made['id']}", status(made["id"], "live"))
        return made["id"]

    return make


async def pass_time(klaviyo, clock, seconds=1):
    clock.advance(seconds)
    klaviyo.settle()


async def transactional_consent(caller, klaviyo, clock, phone=OTHER_PHONE):
    await caller.post("/api/profile-import", person(phone))
    grants = {"sms": {"transactional": {"consent": "SUBSCRIBED"}}}
    await caller.subscribe(subscriber(phone, subscriptions=grants))
    await pass_time(klaviyo, clock, 180)


async def test_the_seed_event_texts_nobody_and_a_real_one_does(caller, klaviyo, clock, phones, live):
    await live()
    assert phones.total() == 0
    await caller.event()
    await pass_time(klaviyo, clock)
    (text,) = phones.inbox(PHONE)
    assert text.body == "Hi there, Floral Shirt - Medium is back"


async def test_a_text_left_as_draft_is_skipped_inside_a_live_flow(caller, klaviyo, clock, phones, live):
    klaviyo.leaves_messages_draft = True
    await live()
    await caller.event()
    await pass_time(klaviyo, clock)
    assert [skip.reason for skip in klaviyo.skips] == ["Action Is Draft"]


async def test_a_delay_lets_the_text_wait(caller, klaviyo, clock, phones, live):
    await live(delay(), sms())
    await caller.event()
    await pass_time(klaviyo, clock, 300)
    assert phones.total() == 0
    await pass_time(klaviyo, clock)
    assert phones.total() == 1


async def test_a_flow_deleted_while_a_text_waits_texts_nobody(caller, klaviyo, clock, phones, live):
    made = await live(delay(), sms())
    await caller.event()
    await pass_time(klaviyo, clock)
    await caller.delete(f"/api/flows/{made}")
    await pass_time(klaviyo, clock, 300)
    assert [skip.reason for skip in klaviyo.skips] == ["Action Deleted"]
    assert phones.total() == 0


async def test_two_shops_of_one_account_can_share_a_metric(caller, klaviyo, clock, phones, live, metric_id):
    condition = {
        "type": "metric-property",
        "metric_id": metric_id,
        "field": "shop_domain",
        "filter": {"type": "string", "operator": "equals", "value": "one.example"},
    }
    trigger = {"type": "metric", "id": metric_id, "trigger_filter": groups(condition)}
    await live(triggers=[trigger])
    for shop in ("one.example", "two.example"):
        await caller.event(unique_id=shop, properties={"shop_domain": shop})
    await pass_time(klaviyo, clock)
    assert phones.total() == 1
    assert klaviyo.skips == []


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ({"type": "string", "operator": "contains", "value": "Shirt"}, True),
        ({"type": "string", "operator": "starts-with", "value": "Shirt"}, False),
        ({"type": "string", "operator": "ends-with", "value": "Medium"}, True),
        ({"type": "string", "operator": "not-equals", "value": "Shirt"}, True),
        ({"type": "string", "operator": "not-contains", "value": "Shirt"}, False),
        ({"type": "existence", "operator": "is-set"}, True),
        ({"type": "existence", "operator": "not-set"}, False),
    ],
)
async def test_trigger_filters_read_the_event(caller, klaviyo, clock, phones, live, metric_id, wanted, holds):
    condition = {
        "type": "metric-property",
        "metric_id": metric_id,
        "field": "title_incl_variant",
        "filter": wanted,
    }
    await live(triggers=[{"type": "metric", "id": metric_id, "trigger_filter": groups(condition)}])
    await caller.event()
    await pass_time(klaviyo, clock)
    assert phones.total() == int(holds)


@pytest.mark.parametrize(
    ("can", "subscription", "texted"),
    [(True, "subscribed", [PHONE]), (False, "any", []), (False, "never_subscribed", [])],
)
async def test_a_profile_filter_looks_at_consent(
    caller, klaviyo, clock, phones, live, can, subscription, texted
):
    consent = {
        "channel": "sms",
        "can_receive_marketing": can,
        "consent_status": {"subscription": subscription},
    }
    await live(profile_filter=groups({"type": "profile-marketing-consent", "consent": consent}))
    await caller.event(PHONE)
    await caller.event(OTHER_PHONE)
    await pass_time(klaviyo, clock)
    assert list(phones.counts()) == texted
    reasons = {skip.phone: skip.reason for skip in klaviyo.skips}
    other = OTHER_PHONE if can else PHONE
    assert reasons[other] == "Fails Flow Filters"


@pytest.mark.parametrize(
    ("criteria", "texts"),
    [
        ({"duration": 0, "unit": "alltime"}, 3),
        ({"duration": 1, "unit": "alltime"}, 1),
        ({"duration": 2, "unit": "hour"}, 2),
        ({"duration": 1, "unit": "week"}, 1),
    ],
)
async def test_people_enter_again_as_the_flow_lets_them(
    caller, klaviyo, clock, phones, live, criteria, texts
):
    await live(reentry_criteria=criteria)
    for number in range(3):
        await caller.event(unique_id=f"u{number}")
        await pass_time(klaviyo, clock, 3600)
    assert phones.total() == texts


async def test_a_deleted_metric_starts_nothing_more(caller, klaviyo, clock, phones, live, metric_id):
    made = await live()
    klaviyo.delete_metric(METRIC)
    assert (await caller.get(f"/api/metrics/{metric_id}")).status_code == 404
    assert await caller.all("/api/events") == []
    await caller.event()
    await pass_time(klaviyo, clock, 60)
    assert phones.total() == 0
    (fresh,) = await caller.all("/api/metrics")
    assert fresh["id"] != metric_id
    assert (await defined(caller, made))["triggers"][0]["id"] == metric_id


async def mark(caller, flow_id):
    (text,) = (await defined(caller, flow_id))["actions"]
    return text["data"]["message"]["transactional"]


async def test_the_transactional_mark_is_given_after_a_review(caller, klaviyo, clock, phones, live):
    made = await live(sms(transactional=True))
    await transactional_consent(caller, klaviyo, clock)
    assert await mark(caller, made) is False
    await caller.event(OTHER_PHONE, unique_id="early")
    await pass_time(klaviyo, clock, A_DAY)
    assert [skip.reason for skip in klaviyo.skips] == ["Missing SMS Consent"]
    assert await mark(caller, made) is True
    await caller.event(OTHER_PHONE, unique_id="late")
    await pass_time(klaviyo, clock)
    assert phones.counts() == {OTHER_PHONE: 1}


async def test_the_transactional_mark_can_be_granted_at_once(caller, klaviyo, clock, phones, live):
    klaviyo.transactional = "grants"
    made = await live(sms(transactional=True))
    assert await mark(caller, made) is True
    await transactional_consent(caller, klaviyo, clock)
    await caller.event(OTHER_PHONE)
    await pass_time(klaviyo, clock)
    assert phones.counts() == {OTHER_PHONE: 1}


async def test_the_transactional_mark_can_be_refused(caller, klaviyo, clock, live):
    klaviyo.transactional = "refuses"
    made = await live(sms(transactional=True))
    await pass_time(klaviyo, clock, 30 * A_DAY)
    assert await mark(caller, made) is False


async def test_smart_sending_holds_no_marked_text_back(caller, klaviyo, clock, phones, live):
    klaviyo.transactional = "grants"
    await live(sms(transactional=True, smart_sending_enabled=True))
    for number in range(2):
        await caller.event(unique_id=f"u{number}")
    await pass_time(klaviyo, clock)
    assert phones.total() == 2


async def test_a_message_under_review_is_locked_and_an_edit_later_costs_the_mark(
    caller, klaviyo, clock, live
):
    made = await live(sms(transactional=True))
    (text,) = (await defined(caller, made))["actions"]
    message = {k: v for k, v in text["data"]["message"].items() if v is not None} | {"transactional": True}
    text["data"] = {"message": message, "status": "manual"}
    path = f"/api/flow-actions/{text['id']}"
    assert (await caller.patch(path, action_change(text))).status_code == 200
    text["data"]["message"] = message | {"body": "Edited"}
    assert (await caller.patch(path, action_change(text))).status_code == 400
    await pass_time(klaviyo, clock, A_DAY)
    assert await mark(caller, made) is True
    assert (await caller.patch(path, action_change(text))).status_code == 200
    assert await mark(caller, made) is False
    await pass_time(klaviyo, clock, A_DAY)
    assert await mark(caller, made) is True
