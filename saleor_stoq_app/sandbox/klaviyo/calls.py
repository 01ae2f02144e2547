"""One request, checked as far as every operation checks it, and the way back in pages."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import orjson

from saleor_stoq_app.sandbox.klaviyo.account import Account, Key
from saleor_stoq_app.sandbox.klaviyo.answers import Answer
from saleor_stoq_app.sandbox.klaviyo.queries import Query
from saleor_stoq_app.sandbox.klaviyo.refusals import invalid_parameter
from saleor_stoq_app.sandbox.klaviyo.resources import Json, Shape

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose key, scopes, limits and parameters are in order."""

    key: Key
    ident: str
    query: Query
    body: bytes
    origin: str
    path: str
    search: str
    now: datetime
    swallows: Callable[[], bool]
    """Whether a bulk job that is taken now is to vanish."""

    @property
    def account(self) -> Account:
        return self.key.account

    @property
    def shape(self) -> Shape:
        return Shape(self.origin, self.query.fields, self.query.additional)

    def one(self, resource: Json, *, status: int = 200) -> Answer:
        return Answer.of({"data": resource, "links": {"self": self._url(None)}}, status)

    def many(self, resources: Sequence[Json], following: Any = None, included: Sequence[Json] = ()) -> Answer:
        """Answer with a page; `following` is what the next page's cursor remembers."""
        links = {
            "self": self._url(None),
            "next": None if following is None else self._url(_pack(following)),
            "prev": None,
        }
        document = {"data": resources, "links": links}
        return Answer.of(document | {"included": included} if self.query.include else document)

    def page(
        self, items: Sequence[T], show: Callable[[T], Json], included: Callable[[T], Sequence[Json]]
    ) -> Answer:
        """Answer with the page of `items` that the cursor names."""
        start = self.cursor(int) or 0
        part = items[start : start + self.query.size]
        end = start + len(part)
        extra = {one["id"]: one for item in part for one in included(item)} if self.query.include else {}
        return self.many(
            [show(item) for item in part], end if end < len(items) else None, list(extra.values())
        )

    def cursor(self, kind: type[T]) -> T | None:
        """Read the page cursor, where one was given."""
        if not self.query.cursor:
            return None
        try:
            told = orjson.loads(base64.urlsafe_b64decode(self.query.cursor))
        except ValueError as error:
            raise _bad_cursor() from error
        if not isinstance(told, kind):
            raise _bad_cursor()
        return told

    def _url(self, cursor: str | None) -> str:
        if cursor is None:
            return f"{self.origin}{self.path}" + (f"?{self.search}" if self.search else "")
        kept = [pair for pair in parse_qsl(self.search) if pair[0] != "page[cursor]"]
        return f"{self.origin}{self.path}?{urlencode([*kept, ('page[cursor]', cursor)])}"


def _pack(told: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(told)).decode()


def _bad_cursor() -> Exception:
    return invalid_parameter("page[cursor]", "Invalid page cursor.")
