"""What Klaviyo's refusals mean: the one place that reads a status code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from saleor_stoq_app.errors import NeedsMerchant, ProviderError, Rejected, Retryable, Unknown
from saleor_stoq_app.http import Response
from saleor_stoq_app.log import clean
from saleor_stoq_app.providers.accounts import ConnectionKind
from saleor_stoq_app.providers.klaviyo.operations import Operation
from saleor_stoq_app.providers.problems import Gone, MissingScopes

SOON = 10.0
AN_HOUR = 3600.0
A_DAY = 86400.0
LONGEST_DETAIL = 300
ABOUT_THE_CONTENT = {400, 409, 413, 422}
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
NOT_THERE = {404, 410}
NUMBER = re.compile(r"\d(?:[\s().-]?\d){6,}")
ELEMENT = re.compile(r"/data/(\d+)(?:/|$)")
RECONNECT = "Make a new private API key in Klaviyo and connect again."
GRANT_AGAIN = "Connect Klaviyo again."


class Refused(Rejected):
    """Klaviyo refused what a call held.

    `named` tells which elements of a batch it meant, by index; `pointers` which parts of the body.
    """

    def __init__(self, message: str, named: Mapping[int, str], pointers: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.named = named
        self.pointers = pointers


class Throttled(Retryable):
    """Klaviyo asks for a pause; nothing was done."""


def error_of(
    operation: Operation, response: Response, kind: ConnectionKind = ConnectionKind.API_KEY
) -> ProviderError:
    """Say what an answer that is no success means for the message and for who must act."""
    status = response.status
    if status == 429:  # noqa: PLR2004 - this file is where status codes have their names
        return Throttled("Klaviyo asks us to slow down.", after=retry_after(response))
    if status == 401:  # noqa: PLR2004
        return _unauthorized(kind)
    if status == 403:  # noqa: PLR2004
        return _forbidden(operation, kind)
    if status in NOT_THERE and operation.names:
        return Gone(f"The {operation.names} does not exist in Klaviyo any more.", what=operation.names)
    if status in ABOUT_THE_CONTENT:
        return _refused(response)
    if 400 <= status < 500:  # noqa: PLR2004
        return Retryable(f"Klaviyo no longer offers this call ({status}): update the app.", after=AN_HOUR)
    return unanswered(operation, f"Klaviyo answered with {status}")


def shares(refusal: Refused, keys: Sequence[str]) -> dict[str, ProviderError]:
    """Say what a refused batch means for each of its elements: the named ones end.

    Each of the others is repeated alone: what a refused bulk call did is not documented, and a batch with
    an event that Klaviyo already has is refused as a whole (klaviyo.md section 0.2).
    """
    alone = Unknown("Klaviyo refused the call that this was a part of; it is tried alone.")
    return {
        key: Rejected(f"Klaviyo refused it: {refusal.named[index]}") if index in refusal.named else alone
        for index, key in enumerate(keys)
    }


def unanswered(operation: Operation, what: str) -> ProviderError:
    """Tell a call that may have been carried out from one that may simply be made again."""
    if operation.harmless:
        return Retryable(f"{what}; we ask again.", after=SOON)
    return Unknown(f"{what}; the call may have been carried out.")


def retry_after(response: Response) -> float:
    """Read `Retry-After`: whole seconds, missing behind some proxies (klaviyo.md section 1)."""
    return seconds(response, "retry-after", default=SOON)


def seconds(response: Response, header: str, *, default: float = 0.0) -> float:
    said = response.headers.get(header, "").strip()
    return min(float(said), A_DAY) if said.isascii() and said.isdigit() else default


def scrub(text: str) -> str:
    """Take contacts and keys out of Klaviyo's words, which may quote what we sent.

    Control characters go too: PostgreSQL stores no NUL, so a reason with one could never be settled.
    """
    return NUMBER.sub("[number]", clean(UNPRINTABLE.sub(" ", text)))[:LONGEST_DETAIL]


def _unauthorized(kind: ConnectionKind) -> NeedsMerchant:
    if kind is ConnectionKind.OAUTH:
        return NeedsMerchant("Klaviyo refused the connection.", fix=GRANT_AGAIN, code="RECONNECT")
    return NeedsMerchant("Klaviyo refused the API key.", fix=RECONNECT, code="RECONNECT")


def _forbidden(operation: Operation, kind: ConnectionKind) -> MissingScopes:
    scopes = ", ".join(operation.scopes)
    credential, fix = (
        ("connection", f"Disconnect Klaviyo, connect it again and allow {scopes}.")
        if kind is ConnectionKind.OAUTH
        else ("API key", f"Connect with a private API key that has {scopes}.")
    )
    message = f"the {credential} lacks {scopes}, or the account's plan lacks the feature."
    return MissingScopes(f"Klaviyo does not allow this: {message}", fix=fix, scopes=operation.scopes)


def _refused(response: Response) -> Refused:
    problems = list(_problems(response.json()))
    named = {
        int(element[1]): detail
        for pointer, detail in problems
        if (element := ELEMENT.search(pointer)) and not pointer.endswith("unique_id")
    }
    said = problems[0][1] if problems else f"status {response.status} without a reason"
    return Refused(f"Klaviyo refused it: {said}", named, tuple(pointer for pointer, _ in problems))


def _problems(body: Any) -> Iterator[tuple[str, str]]:
    """Read what is readable: `meta` may be [], `source` and `detail` may be missing."""
    errors = body.get("errors") if isinstance(body, dict) else None
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            source = error.get("source")
            pointer = source.get("pointer") if isinstance(source, dict) else None
            detail = error.get("detail") or error.get("title") or error.get("code") or "no reason"
            yield str(pointer or ""), scrub(str(detail))
