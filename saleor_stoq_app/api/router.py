"""`POST /storefront/graphql`: JSON in, JSON out, small bodies only, callable from every origin."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError

from saleor_stoq_app.api.addresses import Network, caller
from saleor_stoq_app.api.resolvers import Context, storefront_schema
from saleor_stoq_app.api.schema import Schema
from saleor_stoq_app.api.storefront import StorefrontApi, Visitor
from saleor_stoq_app.errors import InvalidInput

PATH = "/storefront/graphql"
LARGEST_BODY = 64 * 1024
READ_SECONDS = 10.0
HEADERS = {"cache-control": "no-store", "allow": "POST, OPTIONS"}

# No cookie and no other credential is read here, so a foreign page gains nothing by being let through
# to the answer; who may sign up is decided by `storefront.check_origin`, which can say what to mend.
CORS = Middleware(
    CORSMiddleware, allow_origins=["*"], allow_methods=["POST"], allow_headers=["*"], max_age=7_200
)


def storefront_route(api: StorefrontApi, trusted_proxies: Sequence[Network]) -> Route:
    """Return the route that `create_app` mounts."""
    endpoint = Endpoint(storefront_schema(), api, trusted_proxies)
    return Route(PATH, endpoint, middleware=[CORS], max_body_size=LARGEST_BODY)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks to be executed."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


class Endpoint:
    """An ASGI application: one GraphQL operation per request."""

    def __init__(
        self,
        schema: Schema,
        api: StorefrontApi,
        trusted_proxies: Sequence[Network],
        *,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._schema = schema
        self._api = api
        self._trusted_proxies = trusted_proxies
        self._read_seconds = read_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return _refuse(405, "METHOD_NOT_ALLOWED", "Send the operation by POST.")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _refuse(415, "NOT_JSON", "Send JSON, with Content-Type: application/json.")
        try:
            async with asyncio.timeout(self._read_seconds):
                body = await request.body()
        except TimeoutError:
            return _refuse(408, "TOO_SLOW", "Send the operation at once.")
        try:
            operation = parse(body)
            return await self._execute(operation, self._visitor(request))
        except InvalidInput as error:
            return _refuse(400, error.code, error.message)

    async def _execute(self, operation: Operation, visitor: Visitor) -> Response:
        context = Context(self._api, visitor)
        try:
            result = await self._schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.name,
            )
        except CannotGetOperationTypeError as error:
            raise InvalidInput("The document has no operation of this name.", code="NO_OPERATION") from error
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return _json(context.status, answer)

    def _visitor(self, request: Request) -> Visitor:
        peer = request.client.host if request.client else ""
        forwarded_for = ",".join(request.headers.getlist("x-forwarded-for"))
        address = caller(peer, forwarded_for, self._trusted_proxies)
        return Visitor(address, request.headers.get("origin", ""))


def parse(body: bytes) -> Operation:
    """Read a GraphQL request; only what GraphQL over HTTP allows passes.

    Raises:
        InvalidInput: says which part is not what it should be.
    """
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidInput("The body is not JSON.", code="BAD_JSON") from None
    if not isinstance(asked, dict):
        raise InvalidInput("The body must be one JSON object with a query.", code="BAD_REQUEST")
    query, variables, name = asked.get("query"), asked.get("variables"), asked.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise InvalidInput("`query` must hold a GraphQL document.", code="BAD_REQUEST")
    if not isinstance(variables, dict | None):
        raise InvalidInput("`variables` must be an object.", code="BAD_REQUEST")
    if not isinstance(name, str | None):
        raise InvalidInput("`operationName` must be a text.", code="BAD_REQUEST")
    return Operation(query, variables, name)


def _refuse(status: int, code: str, message: str) -> Response:
    return _json(status, {"errors": [{"message": message, "extensions": {"code": code}}]})


def _json(status: int, answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer), status, HEADERS, media_type="application/json")
