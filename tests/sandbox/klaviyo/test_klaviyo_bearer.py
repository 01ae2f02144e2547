"""Calls with an app's access token: scopes, limits and metrics of its own."""

import pytest

from saleor_stoq_app.sandbox.klaviyo import API
from saleor_stoq_app.sandbox.klaviyo.operations import OPERATIONS
from tests.sandbox.klaviyo.apps import add_app
from tests.sandbox.klaviyo.calls import METRIC, event, problem


@pytest.fixture
def app(klaviyo):
    return add_app(klaviyo)


@pytest.fixture
def tokens(klaviyo, app, caller):
    tokens = klaviyo.install(app)
    caller.speak_with(tokens.access)
    return tokens


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
async def test_every_endpoint_takes_a_token_and_names_the_scope_it_lacks(caller, klaviyo, app, operation):
    caller.headers["revision"] = "2026-10-15"
    path = operation.path.replace("{id}", "NOPE01")
    media = {"content-type": "application/vnd.api+json"}
    caller.speak_with(klaviyo.install(app).access)
    answer = await caller.http.request(operation.method, path, headers=caller.headers | media)
    assert answer.status_code not in {401, 403}
    for lacked in operation.scopes:
        caller.speak_with(klaviyo.install(app, scopes=app.scopes - {lacked}).access)
        answer = await caller.http.request(operation.method, path, headers=caller.headers | media)
        assert answer.status_code == 403
        assert problem(answer)["code"] == "permission_denied"
        assert problem(answer)["detail"].endswith(f"Missing scopes: {lacked}.")


async def test_all_missing_scopes_are_named(caller, klaviyo, app):
    caller.speak_with(klaviyo.install(app, scopes=["accounts:read"]).access)
    answer = await caller.get("/api/metrics/NOPE01/flow-triggers")
    assert problem(answer)["detail"].endswith("Missing scopes: flows:read, metrics:read.")


@pytest.mark.parametrize("given", ["Bearer unknown", "Bearer ", "Bearer", "bearer {token}", "Token {token}"])
async def test_what_is_no_living_token_is_refused(caller, tokens, given):
    caller.headers["authorization"] = given.format(token=tokens.access)
    answer = await caller.get("/api/accounts")
    assert answer.status_code == 401
    assert problem(answer)["code"] == "authentication_failed"


async def test_a_token_is_no_key_and_a_refresh_token_no_access_token(caller, tokens):
    caller.headers["authorization"] = f"Klaviyo-API-Key {tokens.access}"
    assert (await caller.get("/api/accounts")).status_code == 401
    caller.speak_with(tokens.refresh)
    assert (await caller.get("/api/accounts")).status_code == 401


async def test_each_app_has_limits_of_its_own_in_each_account(caller, klaviyo, tokens, app):
    key = {"authorization": f"Klaviyo-API-Key {klaviyo.api_key}"}
    stranger = {"authorization": f"Bearer {klaviyo.install(add_app(klaviyo, 'b', 'B')).access}"}
    elsewhere = klaviyo.install(app, account=klaviyo.add_account("Other Shop"))
    again = {"authorization": f"Bearer {klaviyo.install(app).access}"}
    assert (await caller.get("/api/accounts")).status_code == 200
    for headers, status in (
        (key, 200),
        (stranger, 200),
        ({"authorization": f"Bearer {elsewhere.access}"}, 200),
        (again, 429),
    ):
        assert (await caller.get("/api/accounts", headers=headers)).status_code == status


async def test_an_apps_events_make_metrics_of_its_own_integration(caller, klaviyo, clock, tokens, app):
    await caller.event()
    caller.headers["authorization"] = f"Klaviyo-API-Key {klaviyo.api_key}"
    await caller.event()
    clock.advance(60)
    shown = {
        one["attributes"]["integration"]["name"]: one
        for one in await caller.all("/api/metrics")
        if one["attributes"]["name"] == METRIC
    }
    assert set(shown) == {API.name, "STOQ for Saleor"}
    own = shown["STOQ for Saleor"]
    assert own["id"] != shown[API.name]["id"]
    assert own["attributes"]["integration"] == {
        "object": "integration",
        "id": app.integration.id,
        "key": "stoq_for_saleor",
        "name": "STOQ for Saleor",
        "category": "App",
    }


async def test_a_flow_hears_the_metric_of_its_own_integration_only(
    caller, klaviyo, clock, tokens, app, phones
):
    klaviyo.add_flow(METRIC)
    own = klaviyo.add_flow(METRIC, integration=app.integration)
    klaviyo.opt_in("+15005550006")
    await caller.event()
    clock.advance(1)
    klaviyo.settle()
    assert phones.total() == 1
    triggers = await caller.all(f"/api/metrics/{own.metric_id}/flow-triggers")
    assert [one["id"] for one in triggers] == [own.id]


async def test_the_service_that_an_app_names_is_ignored(caller, klaviyo, clock, tokens, app):
    body = event()
    body["data"]["attributes"]["metric"]["data"]["attributes"]["service"] = "shopify"
    assert (await caller.post("/api/events", body)).status_code == 202
    clock.advance(1)
    (recorded,) = klaviyo.events(METRIC)
    assert recorded.metric.integration is app.integration
