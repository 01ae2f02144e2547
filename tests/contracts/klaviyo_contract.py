"""Checks requests to Klaviyo against its official contract and against its own SDK's models.

The contract is a large file that is not ours to ship: STOQ_TEST_KLAVIYO_OPENAPI names it, or it lies
beside the checkout. The SDK's models are checked always (klaviyo.md section 10).
"""

import importlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

BESIDE = Path(__file__).parents[3] / "shared" / "klaviyo-openapi.json"
CONTRACT = Path(os.environ.get("STOQ_TEST_KLAVIYO_OPENAPI") or BESIDE)

MODELS = {
    "/api/events": ("event_create_query_v2", "EventCreateQueryV2"),
    "/api/event-bulk-create-jobs": ("events_bulk_create_job", "EventsBulkCreateJob"),
    "/api/profile-import": ("profile_upsert_query", "ProfileUpsertQuery"),
    "/api/profile-subscription-bulk-create-jobs": (
        "subscription_create_job_create_query",
        "SubscriptionCreateJobCreateQuery",
    ),
}


def check(request: httpx.Request) -> None:
    """Raise unless the request is one that Klaviyo documents, to the last field."""
    if request.method == "POST":
        model_of(request.url.path).model_validate(json.loads(request.content), extra="forbid")
    if CONTRACT.exists():
        official().validate_request(Wrapped(request))


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
