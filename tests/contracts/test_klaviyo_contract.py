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
