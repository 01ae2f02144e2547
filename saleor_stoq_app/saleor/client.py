"""Asks a shop's GraphQL API, and says in our words why it did not answer."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Forbidden, StoqError, TooLarge, Unavailable
from saleor_stoq_app.http import Client, Response
from saleor_stoq_app.saleor.ids import SaleorApiUrl, domain_of
from saleor_stoq_app.saleor.shops import Shop

DEAD_TOKEN = {"PermissionDenied", "InvalidTokenError", "ExpiredSignatureError"}
OUR_FAULT = {"GraphQLError", "GraphQLSyntaxError", "QueryCostError", "ValidationError"}
LONGEST_WAIT = 3600.0


class NotNow(Unavailable):
    """Saleor is silent, in trouble or busy; `after` is the number of seconds it asked for, or 0."""

    code = "SALEOR_NOT_NOW"

    def __init__(self, message: str, *, after: float = 0.0, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.after = after


class TokenRefused(Forbidden):
    """The app's token is dead, the app is switched off, or it lacks a permission."""

    code = "SALEOR_TOKEN_REFUSED"


class Refused(StoqError):
    """Saleor understood and said no: the question itself is at fault."""

    code = "SALEOR_REFUSED"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a question needs before there is a shop."""

    saleor_api_url: SaleorApiUrl
    token: str = field(repr=False)


class SaleorClient:
    """Speaks GraphQL to shops; what Saleor writes in its errors stays here (they may hold stack traces)."""

    def __init__(self, http: Client, config: Config) -> None:
        self._http = http
        self._internal = config.saleor_internal_urls

    async def ask(self, shop: Shop | Credentials, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the `data` of a whole, errorless answer.

        Raises:
            NotNow: no answer, or trouble at Saleor; ask again later.
            TokenRefused: the token is dead or lacks a permission.
            Refused: the question is at fault.
            Forbidden: the shop's host may not be called.
        """
        url = shop.saleor_api_url
        try:
            response = await self._http.request(
                "POST",
                self._internal.get(url, url),
                headers={"Authorization": f"Bearer {shop.token}", "Content-Type": "application/json"},
                content=orjson.dumps({"query": document, "variables": variables}),
            )
        except (Unavailable, TooLarge) as error:
            raise NotNow(error.message, fix=error.fix) from error
        return read(response, domain_of(url))


def read(response: Response, domain: str) -> dict[str, Any]:
    """Tell an answer from the ways of not answering (saleor.md sections 9 and 13)."""
    status = response.status
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise _token_refused(domain)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NotNow(f"{domain} answered {status}.", after=_seconds(response.headers.get("retry-after", "")))
    body = response.json()
    if not isinstance(body, dict):
        raise NotNow(f"{domain} answered {status} without GraphQL.", fix="Check the shop's API address.")
    if errors := body.get("errors"):
        raise _failure(_codes(errors), domain)
    if not isinstance(data := body.get("data"), dict):
        raise NotNow(f"{domain} answered {status} without data.")
    return data


def _failure(codes: set[str], domain: str) -> StoqError:
    if codes & DEAD_TOKEN:
        return _token_refused(domain)
    if codes <= OUR_FAULT:
        return Refused(f"{domain} refused the question ({', '.join(sorted(codes))}).")
    return NotNow(f"{domain} failed inside.")


def _token_refused(domain: str) -> TokenRefused:
    return TokenRefused(
        f"{domain} refused the app's token.",
        fix="Switch the app on in the Dashboard, grant its permissions, or install it again.",
    )


def _codes(errors: Any) -> set[str]:
    """Return the code of every error; "" for one without, which is trouble inside Saleor."""
    return {_code(error) for error in errors} if isinstance(errors, list) else {""}


def _code(error: Any) -> str:
    try:
        return str(error["extensions"]["exception"]["code"])
    except (KeyError, TypeError):
        return ""


def _seconds(retry_after: str) -> float:
    """Read Retry-After in seconds; a date or nonsense counts as not said."""
    return min(float(retry_after), LONGEST_WAIT) if retry_after.isascii() and retry_after.isdigit() else 0.0
