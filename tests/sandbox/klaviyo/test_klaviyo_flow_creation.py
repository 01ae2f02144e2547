"""POST /api/flows: what is taken, what it becomes, how it is found, and how often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.sandbox.klaviyo.flow_definitions import _check_way
from tests.sandbox.klaviyo.calls import METRIC, problem
from tests.sandbox.klaviyo.flow_calls import (
    AT,
    BODY,
    CONSENTED,
    NAME,
    PROPERTY,
    create,
    defined,
    delay,
    flow,
    groups,
    sms,
    text_status,
)


@pytest.fixture
def limitless(klaviyo):
    klaviyo.limits = None


@pytest.fixture
async def metric_id(caller, klaviyo, clock):
    """A metric seeded with an event that fires nothing."""
    await caller.event(backfill=True)
    clock.advance(60)
    return klaviyo.events(METRIC)[0].metric.id


async def test_the_smallest_flow_becomes_a_draft_with_real_ids_and_every_default(caller, metric_id):
    made = await create(caller, metric_id)
    assert made["type"] == "flow"
    attributes = made["attributes"]
    assert (attributes["name"], attributes["status"], attributes["archived"]) == (NAME, "draft", False)
    assert attributes["trigger_type"] == "Metric"
    (action,) = attributes["definition"]["actions"]
    assert attributes["definition"]["entry_action_id"] == action["id"]
    assert action["id"].isdigit()
    assert "temporary_id" not in action
    message = action["data"]["message"]
    assert (action["data"]["status"], message["body"], message["transactional"]) == ("draft", BODY, False)
    assert message["id"]
    assert (message["add_opt_out_language"], message["shorten_links"]) == (False, True)


async def test_the_definition_is_in_the_answer_only_when_asked_for(caller, metric_id):
    answer = await caller.post("/api/flows", flow(metric_id))
    assert answer.status_code == 201
    assert "definition" not in answer.json()["data"]["attributes"]


async def test_smart_sending_and_quiet_hours_are_on_unless_switched_off(caller, metric_id):
    action = sms()
    action["data"]["message"] = {"body": "Back"}
    made = await create(caller, metric_id, action)
    message = made["attributes"]["definition"]["actions"][0]["data"]["message"]
    assert message["smart_sending_enabled"]
    assert message["sms_quiet_hours_enabled"]


async def test_a_flow_is_a_draft_even_when_its_text_asks_to_be_live(caller, metric_id):
    made = await create(caller, metric_id, sms(status="live"))
    assert made["attributes"]["status"] == "draft"
    assert await text_status(caller, made["id"]) == "live"


async def test_actions_are_joined_up_by_their_new_ids(caller, metric_id):
    made = await create(caller, metric_id, delay(), sms())
    wait, text = (await defined(caller, made["id"]))["actions"]
    assert (wait["links"], text["links"]) == ({"next": text["id"]}, {"next": None})
    assert wait["data"] == {"unit": "minutes", "value": 5, "secondary_value": None, "timezone": "profile"}


async def test_filters_and_reentry_are_kept(caller, metric_id):
    trigger = {
        "type": "metric",
        "id": metric_id,
        "trigger_filter": groups(PROPERTY | {"metric_id": metric_id}),
    }
    more = {
        "triggers": [trigger],
        "profile_filter": groups(CONSENTED),
        "reentry_criteria": {"duration": 1, "unit": "day"},
    }
    made = await create(caller, metric_id, **more)
    kept = await defined(caller, made["id"])
    assert {name: kept[name] for name in more} == more


async def test_it_is_not_idempotent_and_the_metric_shows_every_flow(caller, clock, metric_id):
    first = await create(caller, metric_id)
    clock.advance(1)
    second = await create(caller, metric_id)
    assert first["id"] != second["id"]
    triggers = await caller.all(f"/api/metrics/{metric_id}/flow-triggers")
    assert [one["id"] for one in triggers] == [first["id"], second["id"]]


@pytest.mark.parametrize(
    "name",
    [
        "Zurück im Lager: „Größe M“ 🎉",
        'He said "back", didn\'t he? \\ (yes)',
        " two  spaces ",
        "x" * 255,
        "👟" * 255,
        "a,b),equals(name,'c'",
    ],
)
async def test_a_flow_is_found_by_whatever_name_it_has(caller, limitless, metric_id, name):
    made = await create(caller, metric_id, name=name)
    await create(caller, metric_id, name=name.upper() + "?" if len(name) < 255 else "another")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    (found,) = await caller.all("/api/flows", filter=f'equals(name,"{escaped}")')
    assert (found["id"], found["attributes"]["name"]) == (made["id"], name)


async def test_a_hundred_flows_of_one_name_come_in_pages(caller, limitless, metric_id):
    made = [(await create(caller, metric_id))["id"] for _ in range(100)]
    found = await caller.all("/api/flows", filter=f'equals(name,"{NAME}")', **{"page[size]": "50"})
    assert [one["id"] for one in found] == made
    assert len(await caller.all(f"/api/metrics/{metric_id}/flow-triggers")) == 100


async def test_lists_are_narrowed_by_part_of_the_name_status_and_archive(
    caller, klaviyo, limitless, metric_id
):
    made = await create(caller, metric_id)
    klaviyo.add_flow(METRIC, name="Something else")
    for conditions, count in (
        ('contains(name,"in stock")', 1),
        ('contains(name,"In Stock")', 0),
        ('starts-with(name,"STOQ - ")', 1),
        ('equals(status,"draft")', 1),
        ('equals(status,"live")', 1),
        ("equals(archived,false)", 2),
        ("equals(archived,true)", 0),
        ('equals(trigger_type,"Metric")', 2),
        (f'any(id,["{made["id"]}"]),equals(status,"live")', 0),
    ):
        assert len(await caller.all("/api/flows", filter=conditions)) == count, conditions


async def test_flows_are_made_slowly_and_a_hundred_a_day(caller, klaviyo, clock, metric_id):
    first = await caller.post("/api/flows", flow(metric_id))
    assert first.headers["ratelimit-limit"] == "1, 1;w=1, 15;w=60, 100;w=86400"
    refused = await caller.post("/api/flows", flow(metric_id))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    for _ in range(99):
        clock.advance(5)
        assert (await caller.post("/api/flows", flow(metric_id))).status_code == 201
    clock.advance(5)
    refused = await caller.post("/api/flows", flow(metric_id))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, str(86400 - 500))
    assert len(klaviyo.flows_named(NAME)) == 100


async def test_a_metric_can_start_a_flow_only_once_it_is_listed(caller, klaviyo, clock):
    await caller.event(backfill=True)
    clock.advance(10)
    unlisted = klaviyo.events(METRIC)[0].metric.id
    refused = await caller.post("/api/flows", flow(unlisted))
    assert refused.status_code == 400
    assert problem(refused)["source"] == {"pointer": f"{AT}/triggers/0/id"}
    clock.advance(11)
    assert (await caller.post("/api/flows", flow(unlisted))).status_code == 201


async def test_a_metric_deleted_in_klaviyo_starts_no_flow(caller, klaviyo, metric_id):
    klaviyo.delete_metric(METRIC)
    refused = await caller.post("/api/flows", flow(metric_id))
    assert problem(refused)["detail"] == f"Metric with id {metric_id} does not exist."


async def test_a_flow_without_actions_is_no_more_than_a_draft_of_nothing(caller, metric_id):
    made = await create(caller, metric_id, actions=[], entry_action_id=None)
    assert made["attributes"]["definition"]["actions"] == []


@given(st.permutations(range(5)))
def test_the_way_through_a_flow_is_the_same_in_whatever_order_it_is_written(order):
    names = [f"a{n}" for n in order]
    actions = [{"links": {"next": f"a{n + 1}" if n < 4 else None}} for n in order]
    _check_way(names, actions, "a0")
