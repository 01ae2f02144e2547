"""Saleor's whole numbers with a lower bound."""

from typing import Any

from graphql import GraphQLError, GraphQLScalarType, value_from_ast_untyped

SMALLEST = {"Minute": 0, "PositiveInt": 1}


def keep_bounds(kind: GraphQLScalarType) -> None:
    """Have a number of such a type refused below its bound, as a variable and in a document."""
    smallest = SMALLEST.get(kind.name)
    if smallest is None:
        return

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < smallest:
            raise GraphQLError(f'Expected type "{kind.name}", found {value}.')
        return value

    kind.coerce_input_value = read
    kind.coerce_input_literal = lambda node: read(value_from_ast_untyped(node))
