"""The double against the official contract: its answers keep it, and it refuses what the contract refuses."""

import json
from copy import deepcopy
from functools import cache

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError

from tests.contracts.klaviyo_contract import CONTRACT, Wrapped, _tighten
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

pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason="the official contract is not here")

SAMPLES = CONTRACT.with_name("klaviyo-samples.json")


@cache
def official():
    """Load the contract, strict, with the null links that Klaviyo really sends (klaviyo.md section 1)."""
    contract = json.loads(CONTRACT.read_bytes())
    links = contract["components"]["schemas"]["CollectionLinks"]["properties"]
    for name in ("next", "prev"):
        links[name]["nullable"] = True
    # Recorded from the real service, and not in the contract as published.
    for name in ("latitude", "longitude"):
        contract["components"]["schemas"]["ProfileLocation"]["properties"][name] = {"nullable": True}
    for response in contract["components"]["responses"].values():
        error = response["content"]["application/vnd.api+json"]["schema"]["properties"]["errors"]["items"]
        error["additionalProperties"] = True
        error["properties"]["source"]["additionalProperties"] = True
    _merge(contract, contract["components"]["schemas"])
    _tighten(contract)
    return OpenAPI.from_dict(contract, config=Config(spec_validator_cls=None))


def _merge(part, schemas):
    """Let the branches of an allOf know each other's attributes, as strictness looks at each alone."""
    if isinstance(part, dict) and "allOf" in part:
        branches = [
            deepcopy(schemas[one["$ref"].split("/")[-1]] if "$ref" in one else one) for one in part["allOf"]
        ]
        for branch in branches:
            branch["additionalProperties"] = True
            branch.get("properties", {}).get("attributes", {})["additionalProperties"] = True
        part["allOf"] = branches
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _merge(inner, schemas)


class Answered:
    """An httpx answer as openapi-core sees one."""

    def __init__(self, answer):
        self.data = answer.content or None
        self.status_code = answer.status_code
        self.content_type = answer.headers.get("content-type", "")
        self.headers = answer.headers


def check(answer):
    official().validate_response(Wrapped(answer.request), Answered(answer))
    return answer


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


def mutations(body):
    """Yield a body with one part of it missing, renamed or of another type, for every part."""
    yield from _mutated(body, lambda: json.loads(json.dumps(body)), ())


def _mutated(part, copy, path):
    if not isinstance(part, dict):
        return
    for name in part:
        for change in (_drop, _rename, _retype):
            whole = copy()
            inner = whole
            for step in path:
                inner = inner[step]
            change(inner, name)
            yield whole
        value = part[name]
        yield from _mutated(value, copy, (*path, name))
        if isinstance(value, list) and value:
            yield from _mutated(value[0], copy, (*path, name, 0))


def _drop(part, name):
    del part[name]


def _rename(part, name):
    part[f"{name}_"] = part.pop(name)


def _retype(part, name):
    part[name] = 7 if isinstance(part[name], str | bool | dict | list) else "7"


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
