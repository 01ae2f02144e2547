"""What a query costs: Saleor refuses more than 50,000 (saleor.md section 9)."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

from saleor_stoq_app.sandbox.saleor.marks import mark

MAXIMUM = 50_000


class Cost:
    """Adds up the @cost marks of a document; lists multiply what lies below them."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self.total = sum(
            self._operation(d) for d in document.definitions if isinstance(d, OperationDefinitionNode)
        )

    def _operation(self, operation: OperationDefinitionNode) -> int:
        return self._below(operation.selection_set, self._schema.get_root_type(operation.operation), 1)

    def _below(self, selections: SelectionSetNode | None, kind: GraphQLNamedType | None, times: int) -> int:
        return sum(self._selection(node, kind, times) for node in selections.selections) if selections else 0

    def _selection(self, node: SelectionNode, kind: GraphQLNamedType | None, times: int) -> int:
        if isinstance(node, FieldNode):
            return self._field(node, kind, times)
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments.get(node.name.value)
            return self._fragment(fragment, times) if fragment else 0
        if isinstance(node, InlineFragmentNode):
            return (
                self._fragment(node, times)
                if node.type_condition
                else self._below(node.selection_set, kind, times)
            )
        return 0

    def _fragment(self, node: FragmentDefinitionNode | InlineFragmentNode, times: int) -> int:
        condition = node.type_condition
        kind = self._schema.get_type(condition.name.value) if condition else None
        return self._below(node.selection_set, kind, times)

    def _field(self, node: FieldNode, kind: GraphQLNamedType | None, times: int) -> int:
        if (
            not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
            or node.name.value not in kind.fields
        ):
            return 0
        field = kind.fields[node.name.value]
        counted = mark(field.ast_node, "cost")
        if counted is None:
            return self._below(node.selection_set, get_named_type(field.type), times)
        times *= self._given(node, counted.get("per"))
        return times + self._below(node.selection_set, get_named_type(field.type), times)

    def _given(self, node: FieldNode, argument: str | None) -> int:
        for given in node.arguments or ():
            if given.name.value == argument:
                value = value_from_ast_untyped(given.value, dict(self._variables))
                return value if isinstance(value, int) else 1
        return 1
