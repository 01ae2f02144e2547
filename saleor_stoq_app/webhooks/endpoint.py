"""The door for Saleor's deliveries: 200 only after what a delivery asks for is stored.

Saleor repeats what gets 5xx and never what gets 3xx or 4xx (saleor.md section 5.5): trouble of ours is
503, and everything else says for good that this delivery is not for us.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.types import Receive, Scope, Send

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import Forbidden, InvalidInput, NotFound, StoqError
from saleor_stoq_app.saleor.payloads import parse_delivery, recipient
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.webhooks.answers import TAKEN, refusal
from saleor_stoq_app.webhooks.reading import check_method, check_type, names, read_body
from saleor_stoq_app.webhooks.verification import Verifier

Work = Callable[[Shop, str, dict[str, Any], datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Family:
    """The events that one of our webhooks may bring, with the type that each body must name, and the work."""

    events: Mapping[str, str]
    work: Work


class WebhookEndpoint:
    """One bare ASGI callable for every webhook: no framework between a delivery and its statement."""

    def __init__(self, verifier: Verifier, clock: Clock, families: Mapping[str, Family]) -> None:
        self._verifier = verifier
        self._clock = clock
        self._families = families

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._take(scope, receive)
        except StoqError as error:
            start, body = refusal(error, scope["path_params"]["identifier"])
        else:
            start, body = TAKEN
        await send(start)
        await send(body)

    async def _take(self, scope: Scope, receive: Receive) -> None:
        check_method(scope["method"])
        family = self._families.get(scope["path_params"]["identifier"])
        if family is None:
            raise NotFound("There is no such webhook.")
        headers = dict(scope["headers"])
        check_type(headers)
        raw = await read_body(headers, receive)
        url, signature, event = names(headers)
        shop = await self._verifier.shop_of(url, signature, raw)
        body = opened(raw, event, family.events, shop)
        await family.work(shop, event, body, self._clock.now())


def opened(raw: bytes, event: str, events: Mapping[str, str], shop: Shop) -> dict[str, Any]:
    """Read signed bytes, and check that they are the event that the header says, for this installation."""
    body = parse_delivery(raw)
    typename = events.get(event)
    if typename is None or body.get("__typename") != typename:
        raise InvalidInput("This event does not belong to this webhook.", code="EVENT")
    named = recipient(body)
    if named is not None and named != shop.app_id:
        raise Forbidden("This delivery is for another installation of the app.", code="RECIPIENT")
    return body
