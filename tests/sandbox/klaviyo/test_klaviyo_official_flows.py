"""Flows and deletion against the official contract, and against the official client's models."""

import json

import pytest
from openapi_client.models.data_privacy_create_deletion_job_query import DataPrivacyCreateDeletionJobQuery
from openapi_client.models.flow_create_query import FlowCreateQuery
from openapi_client.models.flow_update_query import FlowUpdateQuery
from openapi_core.exceptions import OpenAPIError

from saleor_stoq_app.sandbox.klaviyo.operations import OPERATIONS
from saleor_stoq_app.sandbox.klaviyo.scopes import KNOWN_SCOPES
from tests.contracts.klaviyo_contract import CONTRACT, Wrapped
from tests.sandbox.klaviyo.calls import METRIC, PHONE
from tests.sandbox.klaviyo.flow_calls import action_change, create, delay, flow, groups, sms, status
from tests.sandbox.klaviyo.official import SAMPLES, check, mutations, official

only_with_the_contract = pytest.mark.skipif(not CONTRACT.exists(), reason="the official contract is not here")
DELETION = {
    "data": {
        "type": "data-privacy-deletion-job",
        "attributes": {"profile": {"data": {"type": "profile", "attributes": {"phone_number": PHONE}}}},
    }
}
EXTENDED = "?additional-fields[flow]=definition"


@pytest.fixture
def metric_id(klaviyo):
    klaviyo.limits = None
    return klaviyo.add_flow(METRIC).metric_id


def test_what_tests_send_is_what_the_official_client_sends():
    FlowCreateQuery.model_validate(flow("RK9XjM", delay(), sms()), extra="forbid")
    FlowUpdateQuery.model_validate(status("T23ivh", "live"), extra="forbid")
    DataPrivacyCreateDeletionJobQuery.model_validate(DELETION, extra="forbid")


@only_with_the_contract
async def test_the_life_of_a_flow_keeps_the_contract(caller, metric_id):
    made = await caller.post(f"/api/flows{EXTENDED}", flow(metric_id, delay(), sms()))
    ident = made.json()["data"]["id"]
    action = made.json()["data"]["attributes"]["definition"]["actions"][1]
    message = {name: value for name, value in action["data"]["message"].items() if value is not None}
    action["data"] = {"message": message, "status": "live"}
    answers = [
        made,
        await caller.get(f"/api/flows/{ident}{EXTENDED}"),
        await caller.patch(f"/api/flows/{ident}", status(ident, "live")),
        await caller.get(f"/api/flow-actions/{action['id']}"),
        await caller.patch(f"/api/flow-actions/{action['id']}", action_change(action)),
        await caller.get(f"/api/metrics/{metric_id}/flow-triggers"),
        await caller.get("/api/flows", filter='contains(name,"STOQ"),equals(status,"live")'),
        await caller.delete(f"/api/flows/{ident}"),
        await caller.post("/api/data-privacy-deletion-jobs", DELETION),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 200, 200, 204, 202]
    for answer in answers:
        official().validate_request(Wrapped(answer.request))
        check(answer)


@only_with_the_contract
async def test_refusals_keep_the_contract(caller, klaviyo, metric_id):
    made = await create(caller, metric_id)
    answers = [
        await caller.post("/api/flows", flow("NOPE01")),
        await caller.patch("/api/flows/NOPE01", status("NOPE01", "live")),
        await caller.patch(f"/api/flows/{made['id']}", status("NOPE01", "live")),
        await caller.delete("/api/flows/NOPE01"),
    ]
    klaviyo.revoke_scope(klaviyo.api_key, "flows:write")
    answers.append(await caller.delete(f"/api/flows/{made['id']}"))
    assert [answer.status_code for answer in answers] == [400, 404, 409, 404, 403]
    for answer in answers:
        check(answer)


@only_with_the_contract
@pytest.mark.parametrize("name", ["flow", "flow_full"])
async def test_the_recorded_samples_are_taken(caller, metric_id, name):
    text = json.dumps(json.loads(SAMPLES.read_bytes())[name]).replace("RK9XjM", metric_id)
    answer = await caller.post(f"/api/flows{EXTENDED}", text.encode())
    assert answer.status_code == 201, answer.text
    check(answer)


@only_with_the_contract
async def test_what_the_contract_refuses_the_double_refuses(caller, metric_id):
    condition = {
        "type": "metric-property",
        "metric_id": metric_id,
        "field": "shop_domain",
        "filter": {"type": "string", "operator": "equals", "value": "x"},
    }
    trigger = {"type": "metric", "id": metric_id, "trigger_filter": groups(condition)}
    reentry = {"duration": 0, "unit": "alltime"}
    text = sms(status="draft", name="Alert", transactional=True, add_tracking_params=False)
    bodies = [
        ("/api/flows", flow(metric_id, text, triggers=[trigger], reentry_criteria=reentry)),
        ("/api/flows", flow(metric_id, delay(), text)),
        ("/api/data-privacy-deletion-jobs", DELETION),
    ]
    refused = [
        [await _is_refused(caller.post, path, wrong) for wrong in mutations(body)] for path, body in bodies
    ]
    assert all(sum(one) > 5 for one in refused)


@only_with_the_contract
async def test_changes_that_the_contract_refuses_the_double_refuses(caller, metric_id):
    made = await create(caller, metric_id)
    action = made["attributes"]["definition"]["actions"][0]
    message = {name: value for name, value in action["data"]["message"].items() if value is not None}
    action["data"] = {"message": message, "status": "live"}
    for path, body in (
        (f"/api/flows/{made['id']}", status(made["id"], "live")),
        (f"/api/flow-actions/{action['id']}", action_change(action)),
    ):
        refused = [await _is_refused(caller.patch, path, wrong) for wrong in mutations(body)]
        assert sum(refused) > 5


async def _is_refused(send, path, body):
    """Tell whether the contract refuses a body; then the double must, too."""
    answer = await send(path, body)
    try:
        official().validate_request(Wrapped(answer.request))
    except OpenAPIError:
        assert 400 <= answer.status_code < 500, body
        return True
    return False


@only_with_the_contract
def test_scopes_limits_and_methods_are_those_of_the_contract():
    paths = json.loads(CONTRACT.read_bytes())["paths"]
    known = {
        scope
        for path in paths.values()
        for one in path.values()
        if isinstance(one, dict)
        for scope in one.get("x-klaviyo-scopes", ())
    }
    assert known <= KNOWN_SCOPES
    for operation in (one for one in OPERATIONS if not one.since):
        official_one = paths[operation.path][operation.method.lower()]
        assert sorted(operation.scopes) == sorted(official_one["x-klaviyo-scopes"]), operation.name
        letters = {1: "s", 60: "m", 86400: "d"}
        windows = {f"{window.calls}/{letters[window.seconds]}" for window in operation.windows}
        assert windows == set(official_one["x-klaviyo-ratelimit"].values()), operation.name
