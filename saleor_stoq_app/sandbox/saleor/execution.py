"""The GraphQL endpoint: from a request's bytes to Saleor's status and body."""

from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    execute_sync,
    get_operation_ast,
    validate,
)

from saleor_stoq_app.sandbox.saleor.asking import Asking, PermissionDenied
from saleor_stoq_app.sandbox.saleor.cost import MAXIMUM, Cost
from saleor_stoq_app.sandbox.saleor.documents import read
from saleor_stoq_app.sandbox.saleor.words import in_double_quotes

Answer = tuple[int, dict[str, Any]]
CACHED_DOCUMENTS = 500


@dataclass(frozen=True, slots=True)
class _Known:
    """A document that was read before, with what is wrong about it."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]


class Execution:
    """Runs requests against one schema; documents are read once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._documents: dict[str, _Known] = {}

    def answer(self, asking: Asking, raw: bytes, content_type: str) -> Answer:
        try:
            request = orjson.loads(raw) if content_type.startswith("application/json") else {}
        except orjson.JSONDecodeError:
            return _refused("Unable to parse query.")
        if isinstance(request, list):
            if len(request) != 1:
                return _refused("Number of batch queries exceeded.")
            request = request[0]
        if not isinstance(request, dict) or not request.get("query"):
            return _refused("Must provide a query string.")
        try:
            known = self._known(request["query"])
        except GraphQLSyntaxError as error:
            return 400, {"errors": [_syntax(error)]}
        return self._run(asking, known, request.get("variables") or {}, request.get("operationName"))

    def _known(self, query: str) -> _Known:
        if query not in self._documents:
            if len(self._documents) >= CACHED_DOCUMENTS:
                self._documents.clear()
            document = read(query)
            self._documents[query] = _Known(document, tuple(validate(self._schema, document)))
        return self._documents[query]

    def _run(self, asking: Asking, known: _Known, variables: dict[str, Any], name: str | None) -> Answer:
        cost = Cost(self._schema, known.document, variables).total
        extensions = {"cost": {"requestedQueryCost": cost, "maximumAvailable": MAXIMUM}}
        if known.errors:
            said = [formatted(error, in_double_quotes(error.message)) for error in known.errors]
            return 400, {"errors": said, "extensions": extensions}
        if cost > MAXIMUM:
            said = [
                _error(
                    f"The query exceeds the maximum cost of {MAXIMUM}. Actual cost is {cost}",
                    "QueryCostError",
                )
            ]
            return 400, {"errors": said, "extensions": extensions}
        operation = get_operation_ast(known.document, name)
        if operation is None:
            return _refused("Must provide operation name if query contains multiple operations.")
        if operation.operation is OperationType.SUBSCRIPTION:
            said = [_error("Subscriptions are not allowed.", "Exception")]
            return 200, {"errors": said, "data": None, "extensions": extensions}
        result = execute_sync(
            self._schema, known.document, context_value=asking, variable_values=variables, operation_name=name
        )
        errors = [formatted(error, error.message) for error in result.errors or ()]
        if result.data is None and errors and not any("path" in error for error in errors):
            return 400, {"errors": errors}
        return 200, ({"errors": errors} if errors else {}) | {"data": result.data, "extensions": extensions}


def formatted(error: GraphQLError, message: str) -> dict[str, Any]:
    """Write an error as Saleor does outside of its debug mode."""
    cause = error.original_error
    said = _error(message, "PermissionDenied" if isinstance(cause, PermissionDenied) else "GraphQLError")
    where = {"locations": [{"line": at.line, "column": at.column} for at in error.locations or ()]}
    path = {"path": error.path} if error.path else {}
    return {"message": said["message"], **where, **path, "extensions": said["extensions"]}


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"exception": {"code": code}}}


def _refused(message: str) -> Answer:
    return 400, {"errors": [_error(message, "GraphQLError")]}


def _syntax(error: GraphQLSyntaxError) -> dict[str, Any]:
    places = [{"line": at.line, "column": at.column} for at in error.locations or ()]
    at = f"({places[0]['line']}:{places[0]['column']})" if places else ""
    message = f"Syntax Error GraphQL {at} {error.message.removeprefix('Syntax Error: ')}"
    return {
        "message": message,
        "locations": places,
        "extensions": {"exception": {"code": "GraphQLSyntaxError"}},
    }
