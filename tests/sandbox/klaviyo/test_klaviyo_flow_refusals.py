"""POST /api/flows: every reason to refuse a flow, and where it says that the flow is wrong."""

import pytest

from tests.sandbox.klaviyo.calls import METRIC, problem
from tests.sandbox.klaviyo.flow_calls import (
    AT,
    CONSENTED,
    NAME,
    PROPERTY,
    definition,
    delay,
    flow,
    groups,
    sms,
)


@pytest.fixture
async def metric_id(caller, klaviyo, clock):
    """A metric seeded with an event that fires nothing."""
    await caller.event(backfill=True)
    clock.advance(60)
    return klaviyo.events(METRIC)[0].metric.id


def changed(metric_id, path, value):
    """Return a flow with one part of its definition changed; a value of None removes it."""
    body = flow(metric_id)
    *way, last = path
    part = body["data"]["attributes"]["definition"]
    for step in way:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return body


MESSAGE = ("actions", 0, "data", "message")


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("triggers",), None, "triggers"),
        (("triggers",), [], "triggers"),
        (("triggers",), [{"type": "metric", "id": "A"}] * 2, "triggers"),
        (("triggers", 0, "id"), None, "triggers/0/id"),
        (("triggers", 0, "id"), "NOPE01", "triggers/0/id"),
        (("triggers", 0, "type"), "list", "triggers/0/type"),
        (("triggers", 0, "metric_id"), "NOPE01", "triggers/0/metric_id"),
        (("actions",), None, "actions"),
        (("entry_action_id",), None, "entry_action_id"),
        (("entry_action_id",), "sms-2", "entry_action_id"),
        (("actions",), [sms(), sms()], "actions"),
        (("actions",), [sms(), sms("sms-2")], "actions"),
        (("actions",), [sms(following="sms-2"), sms("sms-2", following="sms-1")], "actions/1/links/next"),
        (("actions", 0, "links", "next"), "sms-1", "actions/0/links/next"),
        (("actions", 0, "links", "next"), "sms-2", "actions/0/links/next"),
        (("actions", 0, "temporary_id"), None, "actions/0/temporary_id"),
        (("actions", 0, "id"), "116466133", "actions/0/id"),
        (("actions", 0, "type"), "send-smoke", "actions/0/type"),
        (("actions", 0, "type"), None, "actions/0/type"),
        (("actions", 0, "status"), "live", "actions/0/status"),
        (("actions", 0, "data"), None, "actions/0/data"),
        (("actions", 0, "data", "status"), "paused", "actions/0/data/status"),
        ((*MESSAGE, "body"), None, "actions/0/data/message/body"),
        ((*MESSAGE, "body"), "", "actions/0/data/message/body"),
        ((*MESSAGE, "body"), "{% if x %}", "actions/0/data/message/body"),
        ((*MESSAGE, "from"), "+15005550006", "actions/0/data/message/from"),
        ((*MESSAGE, "smart_sending"), False, "actions/0/data/message/smart_sending"),
        ((*MESSAGE, "transactional"), "true", "actions/0/data/message/transactional"),
        ((*MESSAGE, "id"), "M12345", "actions/0/data/message/id"),
        (("reentry_criteria",), {"duration": 0, "unit": "never"}, "reentry_criteria/unit"),
        (("reentry_criteria",), {"duration": 0}, "reentry_criteria/unit"),
        (("status",), "live", "status"),
        (("profile_filter",), {"conditions": []}, "profile_filter/condition_groups"),
        (
            ("profile_filter",),
            groups({"type": "profile-property"}),
            "profile_filter/condition_groups/0/conditions/0/type",
        ),
    ],
)
async def test_a_wrong_definition_is_refused_where_it_is_wrong(
    caller, klaviyo, metric_id, path, value, pointer
):
    answer = await caller.post("/api/flows", changed(metric_id, path, value))
    assert answer.status_code == 400
    pointers = [one["source"]["pointer"] for one in answer.json()["errors"]]
    assert f"{AT}/{pointer}" in pointers
    assert klaviyo.flows_named(NAME) == []


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ({"metric_id": "NOPE01"}, "metric_id"),
        ({"field": None}, "field"),
        ({"filter": {"type": "numeric", "operator": "equals", "value": 1}}, "filter/type"),
        ({"filter": {"type": "string", "operator": "is", "value": "x"}}, "filter/operator"),
        ({"filter": {"type": "existence", "operator": "is-set", "value": "x"}}, "filter/value"),
        ({"type": "profile-property"}, "type"),
    ],
)
async def test_a_wrong_trigger_filter_is_refused(caller, metric_id, condition, pointer):
    wrong = PROPERTY | {"metric_id": metric_id} | condition
    wrong = {name: value for name, value in wrong.items() if value is not None}
    answer = await caller.post(
        "/api/flows", changed(metric_id, ("triggers", 0, "trigger_filter"), groups(wrong))
    )
    assert answer.status_code == 400
    place = f"{AT}/triggers/0/trigger_filter/condition_groups/0/conditions/0/{pointer}"
    assert place in [one["source"]["pointer"] for one in answer.json()["errors"]]


async def test_a_consent_that_contradicts_itself_is_refused(caller, metric_id):
    wrong = CONSENTED | {"consent": CONSENTED["consent"] | {"can_receive_marketing": False}}
    answer = await caller.post("/api/flows", flow(metric_id, profile_filter=groups(wrong)))
    assert problem(answer)["source"]["pointer"].endswith("conditions/0/consent")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"value": "5"},
        {"value": -1},
        {"value": 1, "unit": "weeks"},
        {"value": 1, "delay_until_time": "09:00"},
    ],
)
async def test_a_delay_that_the_double_cannot_wait_for_is_refused(caller, metric_id, data):
    wrong = delay() | {"data": data}
    answer = await caller.post("/api/flows", flow(metric_id, wrong, sms()))
    assert answer.status_code == 400
    assert problem(answer)["source"]["pointer"].startswith(f"{AT}/actions/0/data")


@pytest.mark.parametrize("name", ["", "x" * 256, None, 7])
async def test_a_name_has_one_to_255_characters(caller, metric_id, name):
    answer = await caller.post("/api/flows", flow(metric_id, name=name))
    assert problem(answer)["source"] == {"pointer": "/data/attributes/name"}


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"type": "flows", "attributes": {"name": "x", "definition": definition("A")}}},
        {"data": {"type": "flow", "attributes": {"name": "x"}}},
        {"data": {"type": "flow", "id": "X", "attributes": {"name": "x", "definition": definition("A")}}},
        {"data": {"type": "flow", "attributes": {"name": "x", "status": "live"}}},
        [],
    ],
)
async def test_what_is_no_flow_is_refused(caller, body):
    assert (await caller.post("/api/flows", body)).status_code == 400
