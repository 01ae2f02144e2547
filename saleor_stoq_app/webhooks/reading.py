"""What a request must be before anybody looks at its signature: posted, JSON, small, and named."""

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

from saleor_stoq_app.errors import InvalidInput, TooLarge, Unavailable
from saleor_stoq_app.webhooks.answers import NotJson, NotPosted

MAX_BODY = 1024 * 1024
READ_SECONDS = 10.0
TOO_LARGE = "A delivery holds at most 1 MiB."

NAMELESS = "A delivery carries Saleor-Api-Url, Saleor-Event and Saleor-Signature."

Headers = Mapping[bytes, bytes]


def check_method(method: str) -> None:
    if method != "POST":
        raise NotPosted("Deliveries are posted.")


def check_type(headers: Headers) -> None:
    given = headers.get(b"content-type", b"")
    if given != b"application/json" and given.partition(b";")[0].strip().lower() != b"application/json":
        raise NotJson("Deliveries are JSON: send Content-Type: application/json.")


async def read_body(headers: Headers, receive: Receive, *, seconds: float = READ_SECONDS) -> bytes:
    """Read a body of at most 1 MiB, whatever its Content-Length claims."""
    claimed = headers.get(b"content-length", b"0")
    if not claimed.isdigit() or int(claimed) > MAX_BODY:
        raise TooLarge(TOO_LARGE)
    body = await _whole(receive, seconds)
    if len(body) > MAX_BODY:
        raise TooLarge(TOO_LARGE)
    return body


async def _whole(receive: Receive, seconds: float) -> bytes:
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(seconds):
            while more and len(body) <= MAX_BODY:
                part, more = await _part(receive)
                body += part
    except TimeoutError as error:
        raise Unavailable("The delivery came too slowly.", fix="Deliver again later.") from error
    return bytes(body)


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise InvalidInput("The delivery broke off.")
    return message.get("body", b""), message.get("more_body", False)


def names(headers: Headers) -> tuple[str, str, str]:
    """Return shop address, signature and event; only these names, the X- twins end with Saleor 4."""
    try:
        return (
            headers[b"saleor-api-url"].decode(),
            headers[b"saleor-signature"].decode(),
            headers[b"saleor-event"].decode(),
        )
    except (KeyError, UnicodeDecodeError) as error:
        raise InvalidInput(NAMELESS) from error
