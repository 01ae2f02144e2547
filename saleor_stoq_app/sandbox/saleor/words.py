"""Spellings: Saleor's Python, GraphQL and messages write one name in three ways."""

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """Write quantityAvailable as quantity_available."""
    return _HUMP.sub("_", name).lower()


def in_double_quotes(message: str) -> str:
    """Write a message as Saleor's older GraphQL library does: "nope", not 'nope'."""
    return re.sub(r"'([^']*)'", r'"\1"', message)
