"""The official contract as the double's answers and refusals are held against it."""

import json
from copy import deepcopy
from functools import cache

from openapi_core import Config, OpenAPI

from tests.contracts.klaviyo_contract import CONTRACT, Wrapped, _tighten

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
