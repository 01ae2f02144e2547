"""PATCH and DELETE of flows, and GET and PATCH of flow actions."""

import pytest

from saleor_stoq_app.sandbox.klaviyo import drop, error
from tests.sandbox.klaviyo.calls import METRIC, problem
from tests.sandbox.klaviyo.flow_calls import (
    AT,
    BODY,
    action_change,
    create,
    defined,
    delay,
    flow,
    sms,
    status,
    text_status,
)


@pytest.fixture
async def metric_id(caller, klaviyo, clock):
    klaviyo.limits = None
    await caller.event(backfill=True)
    clock.advance(60)
    return klaviyo.events(METRIC)[0].metric.id


@pytest.fixture
async def flow_id(caller, metric_id):
    return (await create(caller, metric_id, delay(), sms(name="Alert")))["id"]


@pytest.fixture
async def action(caller, flow_id):
    """The text as a GET shows it, without what is null."""
    (text,) = [one for one in (await defined(caller, flow_id))["actions"] if one["type"] == "send-sms"]
    message = text["data"]["message"]
    text["data"]["message"] = {name: value for name, value in message.items() if value is not None}
    return text


async def switch(caller, flow_id, to):
    return await caller.patch(f"/api/flows/{flow_id}", status(flow_id, to))


async def change(caller, action):
    return await caller.patch(f"/api/flow-actions/{action['id']}", action_change(action))


async def test_live_sets_the_flow_and_its_texts_live(caller, clock, flow_id):
    clock.advance(10)
    answer = await switch(caller, flow_id, "live")
    assert answer.status_code == 200
    shown = answer.json()["data"]["attributes"]
    assert shown["status"] == "live"
    assert shown["updated"] > shown["created"]
    assert "definition" not in shown
    assert await text_status(caller, flow_id) == "live"


@pytest.mark.parametrize("to", ["draft", "manual"])
async def test_other_statuses_are_set_in_the_same_way(caller, flow_id, to):
    await switch(caller, flow_id, "live")
    assert (await switch(caller, flow_id, to)).json()["data"]["attributes"]["status"] == to
    assert await text_status(caller, flow_id) == to


async def test_klaviyo_may_leave_the_texts_as_drafts(caller, klaviyo, metric_id):
    klaviyo.leaves_messages_draft = True
    made = await create(caller, metric_id, sms(status="live"))
    answer = await switch(caller, made["id"], "live")
    assert answer.json()["data"]["attributes"]["status"] == "live"
    assert await text_status(caller, made["id"]) == "draft"


async def test_a_text_left_as_draft_can_be_set_live_by_itself(caller, klaviyo, flow_id, action):
    klaviyo.leaves_messages_draft = True
    await switch(caller, flow_id, "live")
    action["data"]["status"] = "live"
    answer = await change(caller, action)
    assert answer.status_code == 200
    assert answer.json()["data"]["attributes"]["definition"]["data"]["status"] == "live"
    assert await text_status(caller, flow_id) == "live"


@pytest.mark.parametrize("wrong", ["LIVE", "disabled", "", None])
async def test_a_status_that_flows_do_not_have_is_refused(caller, klaviyo, flow_id, wrong):
    answer = await switch(caller, flow_id, wrong)
    assert problem(answer)["source"] == {"pointer": "/data/attributes/status"}
    assert klaviyo.account.flows.by_id[flow_id].status == "draft"


async def test_nothing_but_the_status_can_be_changed(caller, flow_id):
    body = status(flow_id, "live")
    body["data"]["attributes"]["name"] = "Another"
    answer = await caller.patch(f"/api/flows/{flow_id}", body)
    assert problem(answer)["source"] == {"pointer": "/data/attributes/name"}


async def test_the_id_in_the_body_is_the_one_in_the_path(caller, flow_id):
    answer = await caller.patch(f"/api/flows/{flow_id}", status("NOPE01", "live"))
    assert answer.status_code == 409


async def test_a_flow_that_is_gone_is_not_found(caller, klaviyo, flow_id):
    klaviyo.delete_flow(klaviyo.account.flows.by_id[flow_id])
    assert (await switch(caller, flow_id, "live")).status_code == 404
    assert (await caller.delete(f"/api/flows/{flow_id}")).status_code == 404
    assert (await caller.get(f"/api/flows/{flow_id}")).status_code == 404


async def test_an_archived_flow_cannot_be_switched(caller, klaviyo, flow_id):
    archived = klaviyo.account.flows.by_id[flow_id]
    klaviyo.archive_flow(archived)
    assert (await switch(caller, flow_id, "live")).status_code == 400
    klaviyo.archive_flow(archived, archived=False)
    assert (await switch(caller, flow_id, "live")).status_code == 200


async def test_another_accounts_flow_is_nobodys(caller, klaviyo, flow_id, action):
    key = klaviyo.add_key(account=klaviyo.add_account("Other Shop"))
    caller.headers["authorization"] = f"Klaviyo-API-Key {key}"
    assert (await switch(caller, flow_id, "live")).status_code == 404
    assert (await change(caller, action)).status_code == 404
    assert (await caller.delete(f"/api/flows/{flow_id}")).status_code == 404


async def test_a_deleted_flow_is_gone_from_everywhere(caller, metric_id, flow_id):
    answer = await caller.delete(f"/api/flows/{flow_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await caller.all("/api/flows") == []
    assert await caller.all(f"/api/metrics/{metric_id}/flow-triggers") == []


async def test_an_action_is_shown_with_its_flow_and_message(caller, flow_id, action):
    shown = (await caller.get(f"/api/flow-actions/{action['id']}")).json()["data"]
    assert (shown["type"], shown["id"]) == ("flow-action", action["id"])
    assert shown["attributes"]["definition"]["data"]["message"]["body"] == BODY
    assert shown["relationships"]["flow"]["data"] == {"type": "flow", "id": flow_id}
    message = {"type": "flow-message", "id": action["data"]["message"]["id"]}
    assert shown["relationships"]["flow-messages"]["data"] == [message]
    narrowed = await caller.get(f"/api/flow-actions/{action['id']}", **{"fields[flow-action]": "created"})
    assert set(narrowed.json()["data"]["attributes"]) == {"created"}


async def test_an_unknown_action_is_not_found(caller, action):
    assert (await caller.get("/api/flow-actions/1")).status_code == 404
    assert (await change(caller, action | {"id": "1"})).status_code == 404


async def test_a_message_can_be_edited(caller, flow_id, action):
    action["data"]["message"]["body"] = "Back!"
    assert (await change(caller, action)).status_code == 200
    wait, text = (await defined(caller, flow_id))["actions"]
    assert text["data"]["message"]["body"] == "Back!"
    assert text["data"]["message"]["name"] == "Alert"
    assert wait["links"] == {"next": text["id"]}


async def test_a_delay_can_be_changed(caller, flow_id):
    wait = (await defined(caller, flow_id))["actions"][0]
    wait["data"] = {"unit": "hours", "value": 2}
    assert (await change(caller, wait)).status_code == 200
    assert (await defined(caller, flow_id))["actions"][0]["data"]["value"] == 2


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"type": "time-delay", "data": {"value": 1}}, "/type"),
        ({"type": "send-email"}, "/type"),
        ({"temporary_id": "sms-1"}, "/id"),
        ({"links": {"next": "116466133"}}, "/links"),
        ({"data": {"status": "live"}}, "/data/message"),
        ({"data": {"message": {"body": "x", "image_id": None}}}, "/data/message/image_id"),
        ({"data": {"message": {"body": "x", "id": "M00000"}}}, "/data/message/id"),
        ({"data": {"message": {"body": "x"}, "status": "on"}}, "/data/status"),
    ],
)
async def test_a_wrong_change_of_an_action_is_refused(caller, flow_id, action, changed, pointer):
    answer = await change(caller, action | changed)
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": f"{AT}{pointer}"}
    assert await text_status(caller, flow_id) == "draft"


async def test_an_action_is_known_by_one_id(caller, action):
    body = action_change(action)
    body["data"]["id"] = "1"
    assert (await caller.patch(f"/api/flow-actions/{action['id']}", body)).status_code == 409
    body = action_change(action)
    body["data"]["attributes"]["definition"] = action | {"id": "1"}
    assert (await caller.patch(f"/api/flow-actions/{action['id']}", body)).status_code == 400


async def test_the_old_shape_of_an_action_change_is_refused(caller, action):
    body = {"data": {"type": "flow-action", "id": action["id"], "attributes": {"status": "live"}}}
    assert (await caller.patch(f"/api/flow-actions/{action['id']}", body)).status_code == 400


async def test_faults_and_lost_answers_happen_to_flows_too(caller, klaviyo, metric_id, flow_id):
    klaviyo.fail("POST /api/flows", error(503, acts=True))
    assert (await caller.post("/api/flows", flow(metric_id, name="Lost"))).status_code == 503
    assert len(klaviyo.flows_named("Lost")) == 1
    klaviyo.fail("PATCH /api/flows/{id}", error(500))
    assert (await switch(caller, flow_id, "live")).status_code == 500
    assert await text_status(caller, flow_id) == "draft"
    klaviyo.fail("DELETE /api/flows/{id}", drop(acts=True))
    with pytest.raises(Exception, match="dropped"):
        await caller.delete(f"/api/flows/{flow_id}")
    assert (await caller.get(f"/api/flows/{flow_id}")).status_code == 404
