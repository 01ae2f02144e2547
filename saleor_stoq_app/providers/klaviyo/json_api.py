"""Reads JSON:API answers without trusting their shape: what is missing or odd reads as empty. Pure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

Item = Mapping[str, Any]


def items(body: Any) -> list[Item] | None:
    """Return the elements of `data`, or None where the body is no such answer."""
    data = body.get("data") if isinstance(body, dict) else None
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else None


def item(body: Any) -> Item | None:
    """Return the one element of `data`, or None where the body is no such answer."""
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else None


def part(body: Any, *path: str) -> Mapping[str, Any]:
    """Return the object at the end of the path, or an empty one."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}


def next_cursor(body: Any) -> str | None:
    """Take only the cursor out of `links.next`, which is a whole URL, null, or missing."""
    following = part(body, "links").get("next")
    if not isinstance(following, str):
        return None
    try:
        return parse_qs(urlsplit(following).query).get("page[cursor]", [None])[0]
    except ValueError:
        return None
