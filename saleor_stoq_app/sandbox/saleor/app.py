"""The doors of the shop: GraphQL and the key set, with trouble on demand."""

from collections.abc import Callable
from typing import Any

import orjson
from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from saleor_stoq_app.sandbox.saleor.asking import Asking
from saleor_stoq_app.sandbox.saleor.execution import Execution
from saleor_stoq_app.sandbox.saleor.faults import Door, Fault, Faults, Kind
from saleor_stoq_app.sandbox.saleor.shop import Shop
from saleor_stoq_app.sandbox.saleor.signing import SigningKey

HUGE = 16 * 1024 * 1024
PAGE = "<!DOCTYPE html><html><head><title>Saleor</title></head><body><h1>Sorry</h1></body></html>"


class Doors:
    """Answers HTTP for one shop."""

    def __init__(
        self, shop: Shop, schema: GraphQLSchema, faults: Faults, key: Callable[[], SigningKey]
    ) -> None:
        self._shop = shop
        self._schema = schema
        self._faults = faults
        self._key = key
        self._execution = Execution(schema)

    def app(self) -> Starlette:
        app = Starlette(
            routes=[
                Route("/graphql/", self.graphql, methods=["POST"]),
                Route("/.well-known/jwks.json", self.jwks, methods=["GET"]),
            ]
        )
        app.router.redirect_slashes = False
        return app

    async def graphql(self, request: Request) -> Response:
        app = self._shop.app_of(_token(request))
        asking = Asking(self._shop, self._schema, app, self._shop.now())
        raw = await request.body()

        def answer(_fault: Fault | None) -> Response:
            status, body = self._execution.answer(asking, raw, request.headers.get("content-type", ""))
            return _json(body, status)

        return await self._answered("graphql", answer)

    async def jwks(self, _request: Request) -> Response:
        def answer(fault: Fault | None) -> Response:
            if fault and fault.kind == "wrong_key":
                return _json(SigningKey.generate().jwks(kid=self._key().kid))
            return _json(self._key().jwks())

        return await self._answered("jwks", answer)

    async def _answered(self, door: Door, answer: Callable[[Fault | None], Response]) -> Response:
        fault = self._faults.take(door)
        if fault and fault.kind in _INSTEAD:
            return _INSTEAD[fault.kind](fault)
        if fault and fault.kind == "slow":
            await self._shop.clock.sleep(fault.seconds)
        if fault and fault.kind == "hang":
            await self._faults.hang()
        whole = answer(fault)
        if fault and fault.kind == "half":
            return Response(
                bytes(whole.body)[: len(whole.body) // 2], whole.status_code, media_type="application/json"
            )
        return whole


def _rate_limited(fault: Fault) -> Response:
    headers = {"Retry-After": f"{fault.seconds:.0f}"} if fault.seconds else {}
    return HTMLResponse(PAGE, 429, headers=headers)


_INSTEAD: dict[Kind, Callable[[Fault], Response]] = {
    "unavailable": lambda _: HTMLResponse(PAGE, 503),
    "html": lambda _: HTMLResponse(PAGE),
    "huge": lambda _: Response(b" " * HUGE, media_type="application/json"),
    "rate_limited": _rate_limited,
}


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _token(request: Request) -> str:
    """`Authorization-Bearer: t` or `Authorization: Bearer t`, where JWT stands for Bearer as well."""
    if plain := request.headers.get("authorization-bearer"):
        return plain
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in {"bearer", "jwt"} else ""
