"""The double against the official contract: its answers keep it, and it refuses what the contract refuses."""

import json

import pytest
from openapi_core.exceptions import OpenAPIError

from tests.contracts.klaviyo_contract import CONTRACT, Wrapped
from tests.sandbox.klaviyo.calls import (
    METRIC,
    OTHER_PHONE,
    PHONE,
    bulk,
    entry,
    event,
    person,
    subscribe,
    subscriber,
)
from tests.sandbox.klaviyo.official import SAMPLES, check, mutations, official

pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason="the official contract is not here")


@pytest.fixture
async def lived_in(caller, klaviyo, clock):
    """An account with a bit of everything."""
    klaviyo.limits = None
    klaviyo.add_flow(METRIC)
    klaviyo.add_list("Texts")
    klaviyo.opt_in(PHONE)
    await caller.event(value=19.9, value_currency="USD")
    await caller.event(OTHER_PHONE, unique_id="u2", profile=person(OTHER_PHONE, email="kim@shop.example"))
    await caller.post("/api/profile-import", person(first_name="Sarah", location={"city": "Boston"}))
    clock.advance(60)
    return caller


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/accounts", {}),
        ("/api/events", {"include": "profile,metric"}),
        ("/api/events", {"fields[event]": "event_properties", "sort": "datetime", "page[size]": "1"}),
        ("/api/metrics", {"include": "flow-triggers"}),
        ("/api/metrics/{metric}", {"include": "flow-triggers"}),
        ("/api/metrics/{metric}", {}),
        ("/api/metrics/{metric}/flow-triggers", {}),
        ("/api/profiles", {"additional-fields[profile]": "subscriptions"}),
        ("/api/profiles", {"filter": f'equals(phone_number,"{PHONE}")', "fields[profile]": "phone_number"}),
        ("/api/lists", {}),
        ("/api/flows", {"filter": "equals(archived,false)"}),
        ("/api/flows/{flow}", {}),
        ("/api/flows/{flow}", {"additional-fields[flow]": "definition"}),
    ],
)
async def test_what_is_shown_keeps_the_contract(lived_in, klaviyo, path, params):
    (flow,) = klaviyo.account.flows.by_id.values()
    answer = await lived_in.get(path.format(metric=flow.metric_id, flow=flow.id), **params)
    assert answer.status_code == 200
    assert answer.json()["data"]
    official().validate_request(Wrapped(answer.request))
    check(answer)


async def test_an_import_answers_by_the_contract(lived_in):
    for phone, status in (("+12125550101", 201), (PHONE, 200)):
        answer = await lived_in.post(
            "/api/profile-import?additional-fields[profile]=subscriptions", person(phone)
        )
        assert answer.status_code == status
        check(answer)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/events", event()),
        ("/api/event-bulk-create-jobs", bulk(entry(), entry(OTHER_PHONE))),
        ("/api/profile-subscription-bulk-create-jobs", subscribe(subscriber())),
    ],
)
async def test_what_is_taken_is_taken_without_a_body(caller, path, body):
    answer = await caller.post(path, body)
    assert answer.status_code == 202
    official().validate_request(Wrapped(answer.request))
    check(answer)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ev", "/api/events"),
        ("bulk", "/api/event-bulk-create-jobs"),
        ("sub", "/api/profile-subscription-bulk-create-jobs"),
    ],
)
async def test_the_recorded_samples_are_taken(caller, klaviyo, name, path):
    body = json.loads(SAMPLES.read_bytes())[name]
    if name == "sub":
        body["data"]["relationships"]["list"]["data"]["id"] = klaviyo.add_list("Texts").id
    assert (await caller.post(path, body)).status_code == 202


async def test_refusals_keep_the_contract(caller, klaviyo):
    wrong = [
        await caller.get("/api/accounts", headers={"authorization": "Klaviyo-API-Key pk_unknown"}),
        await caller.get("/api/metrics", **{"page[size]": "1"}),
        await caller.get("/api/flows/NOPE01"),
        await caller.post("/api/events", {}),
        await caller.post("/api/events", event("0123")),
    ]
    klaviyo.revoke_scope(klaviyo.api_key, "lists:read")
    wrong.append(await caller.get("/api/lists"))
    assert [answer.status_code for answer in wrong] == [401, 400, 404, 400, 400, 403]
    for answer in wrong:
        check(answer)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/api/events",
            event(value=19.9, value_currency="USD", time="2026-11-23T02:00:00+00:00", backfill=False),
        ),
        ("/api/event-bulk-create-jobs", bulk(entry())),
        ("/api/profile-import", person(first_name="Sarah", properties={})),
        ("/api/profile-subscription-bulk-create-jobs", subscribe(subscriber(email="sarah@shop.example"))),
    ],
)
async def test_what_the_contract_refuses_the_double_refuses(caller, klaviyo, path, body):
    klaviyo.limits = None
    refused = 0
    for number, wrong in enumerate(mutations(body)):
        answer = await caller.post(path, wrong)
        try:
            official().validate_request(Wrapped(answer.request))
        except OpenAPIError:
            refused += 1
            assert answer.status_code == 400, f"mutation {number}: {wrong}"
    assert refused > 10
