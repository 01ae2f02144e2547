"""Query parameters and filters such as `equals(name,"x"),any(id,["a","b"])` (klaviyo.md section 1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

from saleor_stoq_app.sandbox.klaviyo.refusals import invalid_parameter

Kind = Literal["text", "time", "number", "flag"]
Value = str | datetime | int | bool

_STRING = r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'"
_BARE = r"[^\"'\[\](),\s]+"
_SCALAR = rf"(?:{_STRING}|{_BARE})"
_LIST = rf"\[\s*(?:{_SCALAR}(?:\s*,\s*{_SCALAR})*\s*)?\]"
_CONDITION = re.compile(rf"\s*([a-z-]+)\(\s*([\w.]+)\s*,\s*({_LIST}|{_SCALAR})\s*\)\s*(,(?=.)|$)", re.DOTALL)
_SCALARS = re.compile(_SCALAR, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """What may be asked of one field."""

    kind: Kind
    operators: tuple[str, ...]


EXACT = Field("text", ("any", "equals"))
BOUNDS = ("greater-or-equal", "greater-than", "less-or-equal", "less-than")


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a filter; `any` holds several values."""

    operator: str
    field: str
    values: tuple[Value, ...]

    def holds(self, actual: object) -> bool:
        if actual is None:
            return False
        return any(_TESTS[self.operator](actual, value) for value in self.values)


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": lambda actual, value: actual == value,
    "any": lambda actual, value: actual == value,
    "contains": lambda actual, value: value in actual,
    "starts-with": lambda actual, value: actual.startswith(value),
    "ends-with": lambda actual, value: actual.endswith(value),
    "greater-than": lambda actual, value: actual > value,
    "greater-or-equal": lambda actual, value: actual >= value,
    "less-than": lambda actual, value: actual < value,
    "less-or-equal": lambda actual, value: actual <= value,
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an operation lets be asked; `sizes` is (default, largest), None where page[size] is refused."""

    filters: Mapping[str, Field] = field(default_factory=dict)
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    additional: Mapping[str, frozenset[str]] = field(default_factory=dict)
    include: frozenset[str] = frozenset()
    sort: frozenset[str] = frozenset()
    sizes: tuple[int, int] | None = None
    pages: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked."""

    conditions: tuple[Condition, ...] = ()
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    additional: frozenset[str] = frozenset()
    include: frozenset[str] = frozenset()
    sort: str = ""
    size: int = 200
    cursor: str = ""


def read_query(text: str, allowed: Parameters) -> Query:
    """Read a query string.

    Raises:
        Refused: a parameter, field, operator or value that the operation does not take.
    """
    given = dict(parse_qsl(text, keep_blank_values=True))
    fields = {kind: _words(given, f"fields[{kind}]", known) for kind, known in allowed.fields.items()}
    additional = [
        _words(given, f"additional-fields[{kind}]", known) for kind, known in allowed.additional.items()
    ]
    query = Query(
        conditions=parse_filter(given.pop("filter", ""), allowed.filters) if allowed.filters else (),
        fields={kind: names for kind, names in fields.items() if names},
        additional=frozenset().union(*additional),
        include=_words(given, "include", allowed.include) if allowed.include else frozenset(),
        sort=_one_of(given, "sort", allowed.sort),
        size=_size(given, allowed.sizes),
        cursor=given.pop("page[cursor]", "") if allowed.pages else "",
    )
    for name in given:
        raise invalid_parameter(name, f"'{name}' is not a valid parameter for this resource.")
    return query


def parse_filter(text: str, fields: Mapping[str, Field]) -> tuple[Condition, ...]:
    """Read conditions joined by commas, all of which must hold."""
    found, position = [], 0
    while position < len(text):
        match = _CONDITION.match(text, position)
        if match is None:
            raise invalid_parameter("filter", f"Invalid filter provided, near position {position}.")
        found.append(_condition(match[1], match[2], match[3], fields))
        position = match.end()
    return tuple(found)


def _condition(operator: str, name: str, text: str, fields: Mapping[str, Field]) -> Condition:
    known = fields.get(name)
    if known is None:
        raise invalid_parameter("filter", f"'{name}' is not a filterable field for this resource.")
    if operator not in known.operators:
        allowed = ",".join(known.operators)
        said = f"'{operator}' is not an allowed filter operator for {name}.  Allowed operators are {allowed}"
        raise invalid_parameter("filter", said)
    if (operator == "any") != text.startswith("["):
        raise invalid_parameter(
            "filter", f"'{operator}' takes {'a list' if operator == 'any' else 'one value'}."
        )
    return Condition(operator, name, tuple(_value(one, known.kind) for one in _SCALARS.findall(text)))


def _value(text: str, kind: Kind) -> Value:
    quoted = text[0] in "\"'"
    if quoted != (kind == "text"):
        raise invalid_parameter("filter", "Strings must be quoted, and nothing else may be.")
    try:
        return _READERS[kind](text)
    except (ValueError, KeyError) as error:
        raise invalid_parameter("filter", f"Invalid {kind} value in the filter.") from error


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("without an offset")
    return moment


_READERS: Mapping[Kind, Callable[[str], Value]] = {
    "text": lambda text: re.sub(r"\\(.)", r"\1", text[1:-1]),
    "time": _time,
    "number": int,
    "flag": {"true": True, "false": False}.__getitem__,
}


def _words(given: dict[str, str], name: str, known: frozenset[str]) -> frozenset[str]:
    words = frozenset(filter(None, given.pop(name, "").split(",")))
    for word in words - known:
        what = "include parameter" if name == "include" else "field"
        raise invalid_parameter(name, f"'{word}' is not an allowed {what} for this resource.")
    return words


def _one_of(given: dict[str, str], name: str, known: frozenset[str]) -> str:
    if name not in given or not known:
        return ""
    word = given.pop(name)
    if word not in known:
        raise invalid_parameter(name, f"'{word}' is not an allowed {name} for this resource.")
    return word


def _size(given: dict[str, str], sizes: tuple[int, int] | None) -> int:
    if sizes is None:
        return 200
    text = given.pop("page[size]", str(sizes[0]))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= sizes[1]:
        raise invalid_parameter("page[size]", f"Page size must be an integer between 1 and {sizes[1]}.")
    return int(text)
