"""Checks requests to Klaviyo against its official contract and against its own SDK's models.

The contract is a large file that is not ours to ship: STOQ_TEST_KLAVIYO_OPENAPI names it, or it lies
beside the checkout. The SDK's models are checked always (klaviyo.md section 10).
"""

import importlib
import inspect
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from openapi_client.api.text_messaging_api import TextMessagingApi
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

BESIDE = Path(__file__).parents[3] / "shared" / "klaviyo-openapi.json"
CONTRACT = Path(os.environ.get("STOQ_TEST_KLAVIYO_OPENAPI") or BESIDE)

MODELS = {
    "/api/flows": ("flow_create_query", "FlowCreateQuery"),
    "/api/flows/{id}": ("flow_update_query", "FlowUpdateQuery"),
    "/api/events": ("event_create_query_v2", "EventCreateQueryV2"),
    "/api/event-bulk-create-jobs": ("events_bulk_create_job", "EventsBulkCreateJob"),
    "/api/profile-import": ("profile_upsert_query", "ProfileUpsertQuery"),
    "/api/profile-subscription-bulk-create-jobs": (
        "subscription_create_job_create_query",
        "SubscriptionCreateJobCreateQuery",
    ),
}


NEWER = {
    "GET /api/text-messaging-configurations/{id}": "get_text_messaging_configuration",
    "GET /api/text-messaging-senders": "get_text_messaging_senders",
}
"""Calls of revision 2026-10-15, of which the SDK alone holds the contract."""


def check(request: httpx.Request) -> None:
    """Raise unless the request is one that Klaviyo documents, to the last field."""
    place = template(request.url.path)
    if newer := NEWER.get(f"{request.method} {place}"):
        check_newer(request, newer)
        return
    if request.method in {"POST", "PATCH"}:
        model_of(place).model_validate(json.loads(request.content), extra="forbid")
    if CONTRACT.exists():
        official().validate_request(Wrapped(request))


def check_newer(request: httpx.Request, method: str) -> None:
    """Hold a call against the SDK's method: its revision, its parameters."""
    known = inspect.signature(getattr(TextMessagingApi, method)).parameters
    asked = {re.sub(r"\W+", "_", name).strip("_") for name in request.url.params}
    assert request.headers["revision"] == "2026-10-15"
    assert asked <= set(known), asked - set(known)
    assert int(request.url.params.get("page[size]", "1")) <= 20


def template(path: str) -> str:
    """Return "/api/flows/{id}" for "/api/flows/T23ivh"."""
    parts = path.split("/")
    return "/".join([*parts[:3], "{id}", *parts[4:]]) if len(parts) > 3 else path


@cache
def model_of(path: str) -> Any:
    module, name = MODELS[path]
    return getattr(importlib.import_module(f"openapi_client.models.{module}"), name)


@cache
def official() -> OpenAPI:
    contract = json.loads(CONTRACT.read_bytes())
    _tighten(contract)
    return OpenAPI.from_dict(contract, config=Config(spec_validator_cls=None))


class Wrapped:
    """An httpx request as openapi-core sees one."""

    def __init__(self, request: httpx.Request) -> None:
        self.host_url = f"{request.url.scheme}://{request.url.host}"
        self.path = request.url.path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "").split(";")[0]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()),
            header=Headers(list(request.headers.items())),
            cookie={},
            path={},
        )


def _tighten(part: Any) -> None:
    """Refuse unknown fields and a missing revision, which the contract as published lets through."""
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _tighten(inner)
    if not isinstance(part, dict):
        return
    if part.get("type") == "object" and part.get("properties"):
        part.setdefault("additionalProperties", False)
    if part.get("in") == "header" and part.get("name") == "revision":
        part["schema"].pop("default", None)
        part["schema"]["enum"] = ["2026-07-15"]
