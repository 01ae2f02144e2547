"""The GraphQL schema of one Saleor version: the SDL beside this file, with guards and resolvers put on."""

from functools import lru_cache
from importlib.resources import files
from operator import attrgetter
from typing import Any

from graphql import (
    REMOVE,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    Node,
    Visitor,
    build_ast_schema,
    parse,
    visit,
)

import saleor_stoq_app.sandbox.saleor.answers  # noqa: F401 - registers the resolvers
from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, InChannel, PermissionDenied, Resolver
from saleor_stoq_app.sandbox.saleor.marks import mark
from saleor_stoq_app.sandbox.saleor.scalars import keep_bounds
from saleor_stoq_app.sandbox.saleor.versions import Version
from saleor_stoq_app.sandbox.saleor.words import snake


class _Gate(Visitor):
    """Leaves out what a version does not have."""

    def __init__(self, version: Version) -> None:
        super().__init__()
        self._version = version

    def enter(self, node: Node, *_: object) -> Any:
        since, until = mark(node, "since"), mark(node, "until")
        if since and self._version < Version.parse(since["version"]):
            return REMOVE
        if until and self._version >= Version.parse(until["version"]):
            return REMOVE
        return None


@lru_cache
def schema_of(version: Version) -> GraphQLSchema:
    text = files(__package__).joinpath("schema.graphql").read_text(encoding="utf-8")
    schema = build_ast_schema(visit(parse(text), _Gate(version)))
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                field.resolve = _resolver(kind, name, field)
        elif isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = lambda root, *_: root.typename
        elif isinstance(kind, GraphQLScalarType):
            keep_bounds(kind)
    return schema


def _resolver(kind: GraphQLObjectType, name: str, field: GraphQLField) -> Resolver:
    names = [f"{kind.name}.{name}", *(f"{interface.name}.{name}" for interface in kind.interfaces)]
    found = next((RESOLVERS[key] for key in names if key in RESOLVERS), None)
    attribute = attrgetter(snake(name))
    needed = (mark(field.ast_node, "needs") or {}).get("any", ())

    def resolve(root: Any, info: Any, **arguments: Any) -> Any:
        if needed and not info.context.may(needed):
            raise PermissionDenied(needed)
        if found:
            return found(root, info.context, **arguments)
        return attribute(root.row if isinstance(root, InChannel) else root)

    return resolve
