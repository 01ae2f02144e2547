"""Klaviyo's API as we use it: one method per call, revision 2026-07-15, JSON:API."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any

from saleor_stoq_app import log
from saleor_stoq_app.errors import Forbidden, ProviderError, Retryable, TooLarge
from saleor_stoq_app.http import Client, NoAnswer, NotReached, Response
from saleor_stoq_app.providers.klaviyo import operations as op
from saleor_stoq_app.providers.klaviyo.errors import AN_HOUR, SOON, Throttled, error_of, unanswered
from saleor_stoq_app.providers.klaviyo.json_api import Item, items, next_cursor
from saleor_stoq_app.providers.klaviyo.limits import Limits

REVISION = "2026-07-15"
MEDIA_TYPE = "application/vnd.api+json"
PAUSES = 2

Pages = AsyncGenerator[list[Item], None]
logger = log.get(__name__)


class KlaviyoClient:
    """Speaks to one account; every method raises ProviderError and nothing else.

    Each call waits for its turn on the wire; single events are given theirs together, by `turn_of_events`.
    """

    def __init__(self, http: Client, url: str, key: str, limits: Limits) -> None:
        self._http = http
        self._url = url
        self._limits = limits
        self._revision = REVISION
        self._headers = {
            "authorization": f"Klaviyo-API-Key {key}",
            "revision": REVISION,
            "accept": MEDIA_TYPE,
            "content-type": MEDIA_TYPE,
        }

    async def turn_of_events(self, number: int) -> None:
        await self._limits.turn(op.EVENT, number)

    async def create_event(self, body: bytes) -> str:
        """Send one event; return what Klaviyo left out of it ("phone_number", say), mostly nothing."""
        response = await self._send(op.EVENT, content=body)
        return response.headers.get("x-klaviyo-partial-failure", "")

    async def create_events(self, body: bytes) -> None:
        await self._call(op.EVENTS, content=body)

    async def subscribe(self, body: bytes) -> None:
        await self._call(op.SUBSCRIBE, content=body)

    async def import_profile(self, body: bytes) -> None:
        await self._call(op.IMPORT_PROFILE, content=body)

    async def account(self) -> Item:
        for item in _items(op.ACCOUNT, (await self._call(op.ACCOUNT)).json()):
            return item
        raise Retryable("Klaviyo named no account for this key.", after=SOON)

    async def probe(self, operation: op.Operation, params: Mapping[str, str]) -> None:
        """Make a cheap call only to learn whether it is allowed."""
        await self._call(operation, params=params)

    def metrics(self) -> Pages:
        """Page through the account's metrics; neither a name filter nor a page size is taken here."""
        return self._pages(op.READ_METRICS, {"fields[metric]": "name,integration"})

    def events(self, filters: str) -> Pages:
        params = {
            "filter": filters,
            "fields[event]": "event_properties",
            "sort": "datetime",
            "page[size]": "1000",
        }
        return self._pages(op.READ_EVENTS, params)

    def profiles(self, filters: str) -> Pages:
        params = {"filter": filters, "additional-fields[profile]": "subscriptions", "page[size]": "100"}
        return self._pages(op.READ_PROFILES, params)

    async def _pages(self, operation: op.Operation, params: Mapping[str, str]) -> Pages:
        cursor: str | None = ""
        while cursor is not None:
            asked = {**params, "page[cursor]": cursor} if cursor else params
            body = (await self._call(operation, params=asked)).json()
            yield _items(operation, body)
            following = next_cursor(body)
            cursor = None if following == cursor else following

    async def _call(
        self,
        operation: op.Operation,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Call, and again after a short pause that Klaviyo asks for; `turn` hands a long one back."""
        for _ in range(PAUSES):
            await self._limits.turn(operation)
            with suppress(Throttled):
                return await self._send(operation, params=params, content=content)
        await self._limits.turn(operation)
        return await self._send(operation, params=params, content=content)

    async def _send(
        self,
        operation: op.Operation,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        try:
            response = await self._http.request(
                operation.method,
                self._url + operation.path,
                headers=self._headers,
                params=params,
                content=content,
            )
        except (NotReached, NoAnswer, TooLarge, Forbidden) as error:
            raise _silence(operation, error) from error
        await self._limits.learn(operation, response)
        self._notice_revision(response)
        if response.status not in operation.success:
            raise error_of(operation, response)
        return response

    def _notice_revision(self, response: Response) -> None:
        """Klaviyo answers a retired revision with a newer one and says so only here."""
        answered = response.headers.get("x-klaviyo-api-revision", self._revision)
        if answered != self._revision:
            self._revision = answered
            logger.warning("klaviyo.other_revision", asked=REVISION, answered=answered)


def _silence(operation: op.Operation, error: Exception) -> ProviderError:
    if isinstance(error, NotReached):
        return Retryable("Klaviyo could not be reached.", after=SOON)
    if isinstance(error, Forbidden):
        return Retryable(f"Klaviyo may not be called: {error}", after=AN_HOUR)
    return unanswered(operation, "Klaviyo gave no whole answer")


def _items(operation: op.Operation, body: Any) -> list[Item]:
    read = items(body)
    if read is None:
        raise unanswered(operation, "Klaviyo's answer could not be read")
    return read
