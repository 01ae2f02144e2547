"""What Saleor is told: one ready answer for what was taken, and a status for every refusal."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from starlette.types import Message

from saleor_stoq_app import log
from saleor_stoq_app.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    StoqError,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

_logger = log.get(__name__)


class NotPosted(StoqError):
    """Deliveries are posted."""

    code = "METHOD"


class NotJson(StoqError):
    """Deliveries are JSON."""

    code = "CONTENT_TYPE"


STATUS: Mapping[type[StoqError], int] = {
    NotPosted: 405,
    NotJson: 415,
    InvalidInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    TooLarge: 413,
    Unavailable: 503,
}
ALLOW = ((b"allow", b"POST"),)
NOT_PROVED = Unauthenticated("No shop of ours signed this delivery.")
"""The one answer to an unknown shop, a wrong key and a wrong signature: it tells none from another."""


def _answer(status: int, content: bytes, *headers: tuple[bytes, bytes]) -> tuple[Message, Message]:
    said = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        *headers,
    ]
    return (
        {"type": "http.response.start", "status": status, "headers": said},
        {"type": "http.response.body", "body": content},
    )


TAKEN = _answer(200, b"{}")


def refusal(error: StoqError, identifier: str) -> tuple[Message, Message]:
    """Say why not; a failure that has no status of its own is trouble of ours, and worth repeating."""
    trouble = HTTPStatus.SERVICE_UNAVAILABLE
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), trouble)
    _logger.info("webhook refused", webhook=identifier, status=status, code=error.code)
    told = NOT_PROVED if isinstance(error, Unauthenticated) else error
    content = orjson.dumps({"error": {"code": told.code, "message": told.message}})
    return _answer(status, content, *(ALLOW if isinstance(error, NotPosted) else ()))
