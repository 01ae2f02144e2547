"""The checks of the contract refuse what Klaviyo would refuse."""

import json

import httpx
import pytest
from openapi_core.exceptions import OpenAPIError
from pydantic import ValidationError

from tests.contracts.klaviyo_contract import CONTRACT, check

HEADERS = {
    "authorization": "Klaviyo-API-Key pk_0123456789",
    "revision": "2026-07-15",
    "content-type": "application/vnd.api+json",
}
needs_contract = pytest.mark.skipif(not CONTRACT.exists(), reason="the official contract is not here")


def post(attributes, **headers):
    body = json.dumps({"data": {"type": "event", "attributes": attributes}})
    return httpx.Request("POST", "https://a.klaviyo.com/api/events", headers=HEADERS | headers, content=body)


def event(**more):
    return {
        "properties": {"price": "19.90"},
        "metric": {"data": {"type": "metric", "attributes": {"name": "M"}}},
        "profile": {"data": {"type": "profile", "attributes": {"phone_number": "+15005550006"}}},
    } | more


def test_a_documented_event_passes():
    check(post(event(unique_id="u")))


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError):
        check(post(event(uniqueId="u")))


@needs_contract
def test_a_missing_revision_is_refused():
    request = post(event())
    del request.headers["revision"]

    with pytest.raises(OpenAPIError):
        check(request)


@needs_contract
def test_too_large_a_page_is_refused():
    url = "https://a.klaviyo.com/api/profiles?page%5Bsize%5D=101"

    with pytest.raises(OpenAPIError):
        check(httpx.Request("GET", url, headers=HEADERS))


def make_flow(**changed):
    message = {"body": "Hi", "smart_sending_enabled": False, "transactional": False} | changed
    action = {"temporary_id": "a", "type": "send-sms", "links": {"next": None}, "data": {"message": message}}
    definition = {"triggers": [{"type": "metric", "id": "M1"}], "actions": [action], "entry_action_id": "a"}
    body = {"data": {"type": "flow", "attributes": {"name": "N", "definition": definition}}}
    return httpx.Request("POST", "https://a.klaviyo.com/api/flows", headers=HEADERS, content=json.dumps(body))


def see(path, **headers):
    return httpx.Request("GET", f"https://a.klaviyo.com/api/{path}", headers=HEADERS | headers)


def test_a_documented_flow_passes():
    check(make_flow())


@needs_contract
def test_an_unknown_field_of_a_text_is_refused():
    with pytest.raises(OpenAPIError):
        check(make_flow(smart_sending=False))


def test_an_unknown_field_of_a_new_status_is_refused():
    body = {"data": {"type": "flow", "id": "F1", "attributes": {"status": "live", "archived": False}}}
    url = "https://a.klaviyo.com/api/flows/F1"
    with pytest.raises(ValidationError):
        check(httpx.Request("PATCH", url, headers=HEADERS, content=json.dumps(body)))


def test_senders_are_asked_for_as_the_newer_sdk_does():
    check(see("text-messaging-senders?page%5Bsize%5D=20", revision="2026-10-15"))
    check(see("text-messaging-configurations/AbC123", revision="2026-10-15"))


@pytest.mark.parametrize(
    ("query", "revision"),
    [("", "2026-07-15"), ("?page%5Bsize%5D=21", "2026-10-15"), ("?filter=x", "2026-10-15")],
)
def test_senders_asked_for_in_another_way_are_refused(query, revision):
    with pytest.raises(AssertionError):
        check(see(f"text-messaging-senders{query}", revision=revision))
