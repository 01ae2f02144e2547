"""The part of Klaviyo's template language that texts use: variables and defaults (klaviyo.md section 8)."""

import re
from collections.abc import Mapping
from typing import Any

_TAG = re.compile(
    r"\{\{\s*(?P<scope>event|person|organization)\.(?P<name>\w+)\s*"
    r"(?:\|\s*default:\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\")\s*)?\}\}"
)


def check_template(template: str) -> None:
    """Raise ValueError for a template that this double cannot render."""
    left = _TAG.sub("", template)
    if "{{" in left or "{%" in left:
        raise ValueError("The sandbox renders {{ event.x }} and {{ event.x|default:'..' }} only.")


def render(template: str, scopes: Mapping[str, Mapping[str, Any]]) -> str:
    """Fill in a template; a missing or empty variable renders its default, else nothing."""

    def fill(tag: re.Match[str]) -> str:
        value = scopes[tag["scope"]].get(tag["name"])
        return str(value) if value not in {None, ""} else tag["single"] or tag["double"] or ""

    return _TAG.sub(fill, template)
