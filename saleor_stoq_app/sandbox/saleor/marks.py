"""Reads the marks (directives) that the SDL beside this file puts on types and fields."""

from typing import Any

from graphql import Node, value_from_ast_untyped


def mark(node: Node | None, name: str) -> dict[str, Any] | None:
    """Return the arguments of a mark, or None where it is not set."""
    for directive in getattr(node, "directives", None) or ():
        if directive.name.value == name:
            return {
                given.name.value: value_from_ast_untyped(given.value) for given in directive.arguments or ()
            }
    return None
