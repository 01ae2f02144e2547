"""The double's front door: who calls, may they, how often; then the operation, or the fault asked for."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from urllib.parse import unquote

from httpx import RemoteProtocolError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.sandbox.klaviyo.account import Key
from saleor_stoq_app.sandbox.klaviyo.answers import MEDIA_TYPE, Answer
from saleor_stoq_app.sandbox.klaviyo.calls import Call
from saleor_stoq_app.sandbox.klaviyo.faults import Fault, Faults
from saleor_stoq_app.sandbox.klaviyo.limits import Limits
from saleor_stoq_app.sandbox.klaviyo.oauth_desk import METHODS, Desk
from saleor_stoq_app.sandbox.klaviyo.operations import Operation, find
from saleor_stoq_app.sandbox.klaviyo.queries import read_query
from saleor_stoq_app.sandbox.klaviyo.refusals import (
    Problem,
    Refused,
    forbidden,
    invalid,
    not_found,
    unauthenticated,
    wrong_media_type,
)
from saleor_stoq_app.sandbox.klaviyo.schedule import Schedule

REVISIONS = frozenset(("2026-07-15", "2026-10-15"))
LARGEST_BODY = 5_000_000
KEY_SCHEME = "Klaviyo-API-Key "
BEARER = "Bearer "


class Door:
    """An ASGI application; everything between reading a body and sending the answer happens in one step."""

    def __init__(self, clock: Clock, schedule: Schedule, desk: Desk) -> None:
        self._clock = clock
        self._schedule = schedule
        self._desk = desk
        self.keys: dict[str, Key] = {}
        self.limits: Limits | None = Limits()
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        try:
            method, path, act = self._find(request, body)
        except Refused as refused:
            await _send(Answer.refusing(refused), scope, receive, send)
            return
        name = f"{method} {path}"
        self.calls[name] += 1
        answer = await self.faults.around(method, path, act)
        if isinstance(answer, Answer):
            self.answers[name, answer.status] += 1
            await _send(answer, scope, receive, send)
        else:
            await _keep_silent(answer, receive, send)

    def _find(self, request: Request, body: bytes) -> tuple[str, str, Callable[[], Answer]]:
        """Return the method and path that faults and counts know, and what to do."""
        path = request.url.path.rstrip("/")
        if path in METHODS:
            return request.method, path, partial(self._oauth, request, body)
        operation, ident = find(request.method, path)
        act = partial(self._answer, operation, unquote(ident), request, body)
        return operation.method, operation.path, act

    def _oauth(self, request: Request, body: bytes) -> Answer:
        now = self._clock.now()
        self._schedule.settle(now)
        return self._desk.answer(request, body, self.limits, now)

    def _answer(self, operation: Operation, ident: str, request: Request, body: bytes) -> Answer:
        now = self._clock.now()
        self._schedule.settle(now)
        told: dict[str, str] = {}
        try:
            key = self._admit(operation, request, now)
            told["X-Klaviyo-API-Revision"] = request.headers["revision"]
            if self.limits is not None:
                told |= self.limits.take(key.quota, operation.name, operation.windows, now.timestamp())
            _check_body(operation, request, body)
            answer = operation.act(self._call(operation, key, ident, request, body))
        except Refused as refused:
            answer = Answer.refusing(refused)
        return Answer(answer.status, answer.body, {**told, **answer.headers}, answer.media_type)

    def _admit(self, operation: Operation, request: Request, now: datetime) -> Key:
        """Find the key or token, then check the revision and the scopes."""
        key = self._key(request.headers.get("authorization", ""), now)
        if key is None:
            raise unauthenticated()
        _check_revision(request.headers)
        if request.headers["revision"] < operation.since:
            raise not_found(f"The path {request.url.path} does not exist in this revision.")
        missing = set(operation.scopes) - key.scopes
        if missing:
            raise forbidden(missing if key.app_id else ())
        return key

    def _key(self, given: str, now: datetime) -> Key | None:
        if given.startswith(KEY_SCHEME):
            return self.keys.get(given.removeprefix(KEY_SCHEME))
        if given.startswith(BEARER):
            return self._desk.grants.bearer(given.removeprefix(BEARER), now)
        return None

    def _call(self, operation: Operation, key: Key, ident: str, request: Request, body: bytes) -> Call:
        return Call(
            key=key,
            ident=ident,
            query=read_query(request.url.query, operation.parameters),
            body=body,
            origin=f"{request.url.scheme}://{request.url.netloc}",
            path=request.url.path,
            search=request.url.query,
            now=self._clock.now(),
            swallows=self.faults.swallows,
        )


def _check_revision(headers: Mapping[str, str]) -> None:
    """Demand a revision of the contract; the real service falls forward silently (klaviyo.md section 1)."""
    if headers.get("revision") not in REVISIONS:
        detail = f"The revision header is required and must be one of {', '.join(sorted(REVISIONS))}."
        raise Refused(400, Problem("invalid", "Invalid input.", detail, {"header": "revision"}))


def _check_body(operation: Operation, request: Request, body: bytes) -> None:
    if operation.method in {"GET", "DELETE"}:
        return
    media_type = request.headers.get("content-type", "").split(";")[0].strip()
    if media_type != MEDIA_TYPE or request.headers.get("content-encoding", "identity") != "identity":
        raise wrong_media_type(media_type)
    if len(body) > LARGEST_BODY:
        raise invalid("/data", "The payload provided exceeds the maximum allowed size of 5MB.")


async def _send(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    media_type = answer.media_type if answer.body else None
    response = Response(answer.body, answer.status, dict(answer.headers), media_type)
    await response(scope, receive, send)


async def _keep_silent(fault: Fault, receive: Receive, send: Send) -> None:
    """Wait until the caller gives up, or cut the line in the middle of an answer."""
    if fault.silence == "hang":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"1")]})
    raise RemoteProtocolError("The sandbox dropped the connection, as it was told to.")
