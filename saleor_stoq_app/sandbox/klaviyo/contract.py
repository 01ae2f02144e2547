"""How bodies are read: by Klaviyo's contract, strictly, with pointers to what is wrong.

Typed dictionaries, not models: a bulk job of a thousand events is checked in a third of the time.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Generic, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict

from saleor_stoq_app.sandbox.klaviyo.refusals import Problem, Refused, invalid, invalid_at

MAX_PROPERTIES = 400
MAX_STRING_BYTES = 100_000
MAX_ARRAY = 4000
MAX_NESTING = 10
MOST_PROBLEMS = 100

STRICT = ConfigDict(extra="forbid", strict=True)
"""Nothing is converted, nothing unknown is let through, at any depth."""

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def _iso(value: object) -> object:
    if not isinstance(value, str) or not _ISO.match(value):
        raise ValueError("must be an ISO 8601 date and time")
    return value


def _within_limits(properties: dict[str, Any]) -> dict[str, Any]:
    if len(properties) > MAX_PROPERTIES:
        raise ValueError(f"must not exceed {MAX_PROPERTIES} properties")
    for value in properties.values():
        _check(value, 1)
    return properties


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if len(value) * 4 > MAX_STRING_BYTES and len(value.encode()) > MAX_STRING_BYTES:
            raise ValueError("each string must not be larger than 100 KB")
    elif isinstance(value, dict | list):
        _check_nested(value, depth)


def _check_nested(value: dict[str, Any] | list[Any], depth: int) -> None:
    if depth >= MAX_NESTING:
        raise ValueError(f"must not be nested more than {MAX_NESTING} levels deep")
    if isinstance(value, list) and len(value) > MAX_ARRAY:
        raise ValueError(f"an array must not hold more than {MAX_ARRAY} elements")
    for inner in value.values() if isinstance(value, dict) else value:
        _check(inner, depth + 1)


Text = Annotated[str, Field(min_length=1)]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_iso)]
Properties = Annotated[dict[str, Any], AfterValidator(_within_limits)]
T = TypeVar("T")


class Document(TypedDict, Generic[T]):
    """JSON:API's `{"data": ...}`."""

    data: T


def parse(adapter: TypeAdapter[T], raw: bytes) -> T:
    """Read a body.

    Raises:
        Refused: it is no JSON, or breaks the contract; says where, by pointer.
    """
    try:
        with _uncollected():
            return check(adapter, orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        raise invalid("/data", "The payload provided is not valid JSON.") from error


def check(adapter: TypeAdapter[T], value: Any, pointer: str = "") -> T:
    """Check a part of a body that stands at `pointer`.

    Raises:
        Refused: it breaks the contract.
    """
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise Refused(400, *(_problem(one, pointer) for one in found[:MOST_PROBLEMS])) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the collector back: a bulk job's fresh dictionaries make it walk the heap, half of all CPU."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _problem(error: ErrorDetails, pointer: str) -> Problem:
    names = [str(part) for part in error["loc"]] or [pointer.rpartition("/")[2] or "data"]
    said = {
        "extra_forbidden": f"'{names[-1]}' is not a valid field for this resource.",
        "missing": f"'{names[-1]}' is a required field for this resource.",
    }
    detail = said.get(error["type"], f"'{names[-1]}': {error['msg'].removeprefix('Value error, ')}.")
    place = "/".join(names) if error["loc"] or not pointer else ""
    return invalid_at(f"{pointer}/{place}".rstrip("/"), detail)
