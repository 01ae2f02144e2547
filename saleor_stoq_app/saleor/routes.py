"""The two addresses that Saleor calls to install us: the manifest, and the token that it hands over."""

import asyncio
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from saleor_stoq_app import log
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import (
    Forbidden,
    InvalidInput,
    StoqError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from saleor_stoq_app.saleor.manifest import build_manifest
from saleor_stoq_app.saleor.registration import Registration

MAX_BODY = 16 * 1024
READ_SECONDS = 10.0
STATUS = (
    (InvalidInput, HTTPStatus.BAD_REQUEST),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (TooMany, HTTPStatus.SERVICE_UNAVAILABLE),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoqError, HTTPStatus.BAD_REQUEST),
)

_logger = log.get(__name__)


def router(config: Config, registration: Registration) -> APIRouter:
    """Return the routes, at exact paths: Saleor takes a redirect for a success (saleor.md section 4)."""
    build_manifest(config, "4.0")  # a manifest that cannot be installed stops the start
    routes = APIRouter(redirect_slashes=False)

    @routes.get("/api/manifest")
    async def manifest(saleor_schema_version: Annotated[str | None, Header()] = None) -> JSONResponse:
        return JSONResponse(
            build_manifest(config, saleor_schema_version), headers={"Vary": "Saleor-Schema-Version"}
        )

    @routes.post("/api/register")
    async def register(
        request: Request,
        saleor_api_url: Annotated[str, Header()] = "",
        saleor_schema_version: Annotated[str | None, Header()] = None,
    ) -> JSONResponse:
        try:
            token = _token(await read_body(request))
            await registration.register(saleor_api_url, token, saleor_schema_version)
        except StoqError as error:
            return _refusal(error)
        return JSONResponse({"success": True})

    return routes


def _refusal(error: StoqError) -> JSONResponse:
    """Say no as Saleor understands it: it shows `error.message` word for word to the staff member."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    _logger.info("registration refused", code=error.code, status=int(status))
    said = {"code": error.code, "message": " ".join(filter(None, (error.message, error.fix)))}
    return JSONResponse({"success": False, "error": said}, status_code=status)


async def read_body(request: Request, *, seconds: float = READ_SECONDS) -> bytes:
    """Read no more than MAX_BODY, and not for ever.

    Raises:
        InvalidInput: it is not sent as JSON, or it broke off.
        TooLarge: there is more.
        Unavailable: it did not come in time.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidInput("The token must be posted as application/json.", field="content-type")
    try:
        async with asyncio.timeout(seconds):
            return await _whole(request)
    except ClientDisconnect as error:
        raise InvalidInput("The body broke off.", field="body") from error
    except TimeoutError as error:
        raise Unavailable("The body came too slowly.", fix="Install the app again.") from error


async def _whole(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLarge(f"The body is larger than {MAX_BODY} bytes.")
    return bytes(body)


def _token(raw: bytes) -> str:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The body is not JSON.", field="body") from error
    token = body.get("auth_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token:
        raise InvalidInput("The body has no auth_token.", field="auth_token", code="MISSING_TOKEN")
    return token
