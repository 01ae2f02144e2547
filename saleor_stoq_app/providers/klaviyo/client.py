"""Klaviyo's API as we use it: one method per call, JSON:API."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from saleor_stoq_app import log
from saleor_stoq_app.errors import Forbidden, ProviderError, Retryable, TooLarge
from saleor_stoq_app.http import Client, NoAnswer, NotReached, Response
from saleor_stoq_app.providers.klaviyo import operations as op
from saleor_stoq_app.providers.klaviyo.authorization import Authorization
from saleor_stoq_app.providers.klaviyo.errors import AN_HOUR, SOON, Throttled, error_of, unanswered
from saleor_stoq_app.providers.klaviyo.json_api import Item, item, items, next_cursor
from saleor_stoq_app.providers.klaviyo.limits import Limits

MEDIA_TYPE = "application/vnd.api+json"
PAUSES = 2
FLOW_FIELDS = "name,status,archived,trigger_type"
DEFINED: Mapping[str, str] = {"additional-fields[flow]": "definition"}

Pages = AsyncGenerator[list[Item], None]
logger = log.get(__name__)


class KlaviyoClient:
    """Speaks to one account; every method raises ProviderError and nothing else.

    Each call waits for its turn on the wire; single events are given theirs together, by `turn_of_events`.
    """

    def __init__(self, http: Client, url: str, authorization: Authorization, limits: Limits) -> None:
        self._http = http
        self._url = url
        self._authorization = authorization
        self._limits = limits
        self._other_revisions: dict[str, str] = {}

    async def turn_of_events(self, number: int) -> None:
        await self._limits.turn(op.EVENT, number)

    async def create_event(self, body: bytes) -> str:
        """Send one event; return what Klaviyo left out of it ("phone_number", say), mostly nothing."""
        response = await self._send(op.EVENT, content=body)
        return response.headers.get("x-klaviyo-partial-failure", "")

    async def seed(self, body: bytes) -> str:
        """Send an event that fires nothing, so that sending it again does no harm; else as `create_event`."""
        response = await self._call(op.SEED, content=body)
        return response.headers.get("x-klaviyo-partial-failure", "")

    async def create_events(self, body: bytes) -> None:
        await self._call(op.EVENTS, content=body)

    async def subscribe(self, body: bytes) -> None:
        await self._call(op.SUBSCRIBE, content=body)

    async def import_profile(self, body: bytes) -> None:
        await self._call(op.IMPORT_PROFILE, content=body)

    async def account(self) -> Item:
        for account in _items(op.ACCOUNT, (await self._call(op.ACCOUNT)).json()):
            return account
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

    async def newest_events(self, metric_id: str) -> list[Item]:
        params = {
            "filter": f'equals(metric_id,"{metric_id}")',
            "fields[event]": "event_properties",
            "sort": "-datetime",
            "page[size]": "200",
        }
        return _items(op.READ_EVENTS, (await self._call(op.READ_EVENTS, params=params)).json())

    def profiles(self, filters: str) -> Pages:
        params = {"filter": filters, "additional-fields[profile]": "subscriptions", "page[size]": "100"}
        return self._pages(op.READ_PROFILES, params)

    def flows(self, filters: str = "") -> Pages:
        """Page through flows; a list shows no definitions."""
        params = {"fields[flow]": FLOW_FIELDS, "page[size]": "50"}
        return self._pages(op.READ_FLOWS, {**params, "filter": filters} if filters else params)

    def flow_triggers(self, metric_id: str) -> Pages:
        return self._pages(op.READ_TRIGGERS, {"fields[flow]": FLOW_FIELDS}, ident=metric_id)

    async def flow(self, flow_id: str) -> Item:
        return _item(op.READ_FLOW, await self._call(op.READ_FLOW, ident=flow_id, params=DEFINED))

    async def create_flow(self, body: bytes) -> Item:
        return _item(op.CREATE_FLOW, await self._call(op.CREATE_FLOW, params=DEFINED, content=body))

    async def change_flow(self, flow_id: str, body: bytes) -> Item:
        return _item(op.CHANGE_FLOW, await self._call(op.CHANGE_FLOW, ident=flow_id, content=body))

    async def delete_flow(self, flow_id: str) -> None:
        await self._call(op.DELETE_FLOW, ident=flow_id)

    async def texting(self, account_id: str) -> Item:
        return _item(op.READ_TEXTING, await self._call(op.READ_TEXTING, ident=account_id))

    def senders(self) -> Pages:
        return self._pages(op.READ_SENDERS, {"page[size]": "20"})

    async def _pages(self, operation: op.Operation, params: Mapping[str, str], *, ident: str = "") -> Pages:
        cursor: str | None = ""
        while cursor is not None:
            asked = {**params, "page[cursor]": cursor} if cursor else params
            body = (await self._call(operation, ident=ident, params=asked)).json()
            yield _items(operation, body)
            following = next_cursor(body)
            cursor = None if following == cursor else following

    async def _call(
        self,
        operation: op.Operation,
        *,
        ident: str = "",
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Call, and again after a short pause that Klaviyo asks for; `turn` hands a long one back."""
        for _ in range(PAUSES):
            await self._limits.turn(operation)
            with suppress(Throttled):
                return await self._send(operation, ident=ident, params=params, content=content)
        await self._limits.turn(operation)
        return await self._send(operation, ident=ident, params=params, content=content)

    async def _send(
        self,
        operation: op.Operation,
        *,
        ident: str = "",
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Send; where the token is refused once more with a fresh one: nothing was done by then."""
        ask = partial(self._ask, operation, ident=ident, params=params, content=content)
        header = await self._authorization.header()
        response = await ask(header)
        if response.status == 401:  # noqa: PLR2004 - the one status that another token may mend
            fresh = await self._authorization.header(refused=header)
            response = response if fresh == header else await ask(fresh)
        if response.status not in operation.success:
            raise error_of(operation, response, self._authorization.kind)
        return response

    async def _ask(
        self,
        operation: op.Operation,
        authorization: str,
        *,
        ident: str,
        params: Mapping[str, str] | None,
        content: bytes | None,
    ) -> Response:
        headers = {
            "authorization": authorization,
            "revision": operation.revision,
            "accept": MEDIA_TYPE,
            "content-type": MEDIA_TYPE,
        }
        url = self._url + operation.path_of(ident)
        try:
            response = await self._http.request(
                operation.method, url, headers=headers, params=params, content=content
            )
        except (NotReached, NoAnswer, TooLarge, Forbidden) as error:
            raise _silence(operation, error) from error
        await self._limits.learn(operation, response)
        self._notice_revision(operation, response)
        return response

    def _notice_revision(self, operation: op.Operation, response: Response) -> None:
        """Klaviyo answers a retired revision with a newer one and says so only here."""
        asked = operation.revision
        answered = response.headers.get("x-klaviyo-api-revision", asked)
        if answered != self._other_revisions.get(asked, asked):
            self._other_revisions[asked] = answered
            logger.warning("klaviyo.other_revision", asked=asked, answered=answered)


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


def _item(operation: op.Operation, response: Response) -> Item:
    read = item(response.json())
    if read is None:
        raise unanswered(operation, "Klaviyo's answer could not be read")
    return read
