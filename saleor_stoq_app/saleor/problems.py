"""Tells staff in their Dashboard what keeps the app from working, and takes it back once it is mended.

Saleor keeps an app's problems from 3.22.36 on (saleor.md section 10.5). A report joins an open one of its
key only within the aggregation period of the last; after it Saleor opens a second one beside the first,
so ours is longer than the pause between two reports: a standing problem stays one line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import StoqError
from saleor_stoq_app.log import get
from saleor_stoq_app.saleor.client import Refused, SaleorClient
from saleor_stoq_app.saleor.documents import document
from saleor_stoq_app.saleor.shops import Shop

CREATE = document("problem_create")
DISMISS = document("problem_dismiss")

AGGREGATION = timedelta(days=7)
REPORTED_AGAIN = timedelta(days=1)
CLEARED_AGAIN = timedelta(minutes=15)
TRIED_AGAIN = timedelta(minutes=1)
ASKED_AGAIN = timedelta(days=1)

KEY_LENGTHS = range(3, 129)
SHORTEST_MESSAGE, LONGEST_MESSAGE = 3, 2048
MOST_KEYS = 100

log = get(__name__)


@dataclass(frozen=True, slots=True)
class _Said:
    """What was last said about a key: a message, or None for mended; not to be repeated until then."""

    message: str | None
    until: datetime


class Problems:
    """Reports and clears by stable keys, as often as callers like: what was said already stays unsaid.

    Each process remembers for itself, so another one, or the next, may say the same again: Saleor then
    counts up the open problem, or dismisses what is dismissed.
    """

    def __init__(self, client: SaleorClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._said: dict[tuple[str, str, str], _Said] = {}
        self._without: dict[tuple[str, str], datetime] = {}

    async def report(self, shop: Shop, key: str, message: str) -> None:
        """Show a sentence that says what is wrong and what to do; another one for the key replaces it."""
        text = _message(message)
        for unsaid in self._unsaid(shop, [key], text):
            period = int(AGGREGATION.total_seconds() // 60)
            wanted = {"key": unsaid, "message": text, "aggregationPeriod": period}
            if await self._say(shop, CREATE, {"input": wanted}, [unsaid]):
                self._remember(shop, [unsaid], text, REPORTED_AGAIN)

    async def clear(self, shop: Shop, keys: Iterable[str]) -> None:
        """Take back whatever stands under these keys."""
        for some in _chunks(self._unsaid(shop, keys, None)):
            if await self._say(shop, DISMISS, {"keys": some}, some):
                self._remember(shop, some, None, CLEARED_AGAIN)

    def _unsaid(self, shop: Shop, keys: Iterable[str], message: str | None) -> list[str]:
        """Return the keys about which this is news; nobody else says it meanwhile."""
        now = self._clock.now()
        wanted = [_key(key) for key in dict.fromkeys(keys)]
        if now < self._without.get((shop.id, shop.schema_version), now):
            return []
        unsaid = [key for key in wanted if not self._is_said(shop, key, message, now)]
        self._remember(shop, unsaid, message, TRIED_AGAIN)
        return unsaid

    def _is_said(self, shop: Shop, key: str, message: str | None, now: datetime) -> bool:
        said = self._said.get(_place(shop, key))
        return said is not None and said.message == message and now < said.until

    def _remember(self, shop: Shop, keys: Iterable[str], message: str | None, pause: timedelta) -> None:
        said = _Said(message, self._clock.now() + pause)
        self._said.update({_place(shop, key): said for key in keys})

    async def _say(self, shop: Shop, mutation: str, variables: dict[str, Any], keys: Sequence[str]) -> bool:
        """Ask Saleor; a shop that has no such thing, or no time for it, keeps nobody from working."""
        try:
            data = await self._client.ask(shop, mutation, variables)
        except Refused:
            self._do_without(shop, keys)
            return False
        except StoqError as error:
            log.warning("problems.not_said", shop=shop.id, keys=keys, error=error.code)
            return False
        for code in _complaints(data):
            log.error("problems.refused", shop=shop.id, keys=keys, code=code)
        return True

    def _do_without(self, shop: Shop, keys: Sequence[str]) -> None:
        """The schema does not know our document: ask again when it is another one, or tomorrow."""
        self._without[shop.id, shop.schema_version] = self._clock.now() + ASKED_AGAIN
        for key in keys:
            self._said.pop(_place(shop, key), None)
        log.info("problems.unknown_to_saleor", shop=shop.id, schema_version=shop.schema_version)


def _place(shop: Shop, key: str) -> tuple[str, str, str]:
    """A reinstalled app is another one, and has no problems yet."""
    return (shop.id, shop.app_id, key)


def _key(key: str) -> str:
    if len(key) not in KEY_LENGTHS:
        raise ValueError(f"A problem's key has 3 to 128 characters; this one has {len(key)}.")
    return key


def _message(message: str) -> str:
    if len(message) < SHORTEST_MESSAGE:
        raise ValueError("A problem's message is a sentence.")
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + MOST_KEYS] for start in range(0, len(keys), MOST_KEYS))


def _complaints(data: Mapping[str, Any]) -> list[str]:
    return [
        str(error.get("code")) for answer in data.values() for error in (answer or {}).get("errors") or ()
    ]
