"""A shop's public keys, fetched from where the shop publishes them."""

import asyncio
from http import HTTPStatus
from typing import Any

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Forbidden, TooLarge, Unavailable
from saleor_stoq_app.http import Client, Response
from saleor_stoq_app.saleor.ids import domain_of, origin_of
from saleor_stoq_app.saleor.signature import prepare

MAX_BYTES = 64 * 1024
MAX_SECONDS = 8.0
NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class NoKeys(Unavailable):
    """The shop did answer, but not with keys that can check a signature."""

    code = "JWKS_NOT_AVAILABLE"


async def fetch_jwks(
    http: Client, config: Config, saleor_api_url: str, *, within: float = MAX_SECONDS
) -> dict[str, Any]:
    """Return the key set; it holds one usable key or more.

    Raises:
        NoKeys: the answer is no such key set.
        Unavailable: the shop gave no answer in time.
    """
    answer = await _get(http, f"{_called(config, saleor_api_url)}/.well-known/jwks.json", within)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in NOT_NOW:
        raise Unavailable(f"{domain_of(saleor_api_url)} cannot hand out its keys now ({answer.status}).")
    jwks = answer.json() if answer.status == HTTPStatus.OK and len(answer.body) <= MAX_BYTES else None
    if not isinstance(jwks, dict) or not prepare(jwks):
        raise NoKeys(f"{domain_of(saleor_api_url)} publishes no keys that we can use.")
    return jwks


async def _get(http: Client, url: str, within: float) -> Response:
    try:
        async with asyncio.timeout(within):
            return await http.request("GET", url, headers={"Accept": "application/json"})
    except TimeoutError as error:
        raise Unavailable(f"{domain_of(url)} takes too long to hand out its keys.") from error
    except TooLarge as error:
        raise NoKeys(error.message) from error
    except Forbidden as error:
        raise Unavailable(error.message, fix=error.fix) from error


def _called(config: Config, saleor_api_url: str) -> str:
    return origin_of(config.saleor_internal_urls.get(saleor_api_url, saleor_api_url))
