"""Subscription documents: which events they name, and whether Saleor would take them."""

from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    validate,
)

from saleor_stoq_app.sandbox.saleor.documents import read
from saleor_stoq_app.sandbox.saleor.words import in_double_quotes, snake


class InvalidSubscription(Exception):
    """A document that Saleor refuses; `code` is a WebhookErrorCode."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Subscription:
    """A valid subscription: its text, byte for byte, and the events that it names."""

    text: str
    document: DocumentNode
    events: tuple[str, ...]


@lru_cache(maxsize=256)
def subscription(text: str, schema: GraphQLSchema) -> Subscription:
    """Read a subscription document.

    Raises:
        InvalidSubscription: it does not fit the schema, or names no event.
    """
    try:
        document = read(text)
    except GraphQLSyntaxError as error:
        raise InvalidSubscription(error.message, "SYNTAX") from error
    if errors := validate(schema, document):
        said = ";".join(dict.fromkeys(in_double_quotes(error.message) for error in errors))
        raise InvalidSubscription(said, "GRAPHQL_ERROR")
    return Subscription(text, document, _events(_event_field(document), document, schema))


def _event_field(document: DocumentNode) -> FieldNode:
    for definition in document.definitions:
        if (
            isinstance(definition, OperationDefinitionNode)
            and definition.operation is OperationType.SUBSCRIPTION
        ):
            first = definition.selection_set.selections[0]
            if isinstance(first, FieldNode):
                return first
    raise InvalidSubscription("Subscription operation can't be found.", "MISSING_SUBSCRIPTION")


def _events(field: FieldNode, document: DocumentNode, schema: GraphQLSchema) -> tuple[str, ...]:
    names = _type_conditions(field.selection_set, document)
    interface = schema.type_map["Event"]
    known = (
        {kind.name for kind in schema.get_implementations(interface).objects}
        if isinstance(interface, GraphQLInterfaceType)
        else set[str]()
    )
    events = sorted({snake(name).upper() for name in names if name in known})
    if not events:
        raise InvalidSubscription("Can't find a single event.", "MISSING_EVENT")
    return tuple(events)


def _type_conditions(selections: SelectionSetNode | None, document: DocumentNode) -> list[str]:
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    names: list[str] = []
    for node in selections.selections if selections else ():
        if isinstance(node, InlineFragmentNode) and node.type_condition:
            names.append(node.type_condition.name.value)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
            names.append(fragment.type_condition.name.value)
            names += _type_conditions(fragment.selection_set, document)
    return names
