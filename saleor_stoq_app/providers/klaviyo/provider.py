"""Carries our messages to one Klaviyo account."""

from collections.abc import Mapping, Sequence

from saleor_stoq_app.errors import Rejected, Retryable
from saleor_stoq_app.events import Message, Stage
from saleor_stoq_app.providers.base import Accepted, Batch, Connection, HandedOver, Result, Sent, Tools
from saleor_stoq_app.providers.klaviyo import events
from saleor_stoq_app.providers.klaviyo import operations as op
from saleor_stoq_app.providers.klaviyo.connected import connected, limits_of
from saleor_stoq_app.providers.klaviyo.errors import Refused, scrub, shares
from saleor_stoq_app.providers.klaviyo.permissions import Permissions
from saleor_stoq_app.providers.klaviyo.read_back import ReadBack
from saleor_stoq_app.providers.klaviyo.singly import singly

BULK, SINGLE, SUBSCRIBE, SUBSCRIBE_EACH = "bulk", "single", "subscribe", "subscribe-each"
BULK_FROM, BULK_MOST, AT_ONCE = 50, 1000, 100
PROVABLE = {"events:read", "metrics:read"}
"""What reading a bulk call back needs; without it the answer of the bulk endpoint proves nothing."""

PROVE_AFTER = 120.0


class Klaviyo:
    """The strategy: bulk for many first attempts, single for few and for every repeat."""

    def __init__(self, tools: Tools, connection: Connection) -> None:
        self._clock = tools.clock
        self._scopes = connection.scopes
        self._limits = limits_of(tools, connection)
        self._client = connected(tools, connection, self._limits)
        self._permissions = Permissions(self._client, tools.clock)
        self._read_back = ReadBack(self._client, tools.clock, connection.kind)

    def plan(self, stage: Stage, *, due: int, repeat: bool) -> Batch:
        if stage is Stage.CONSENT:
            return Batch(SUBSCRIBE_EACH if repeat else SUBSCRIBE, min(due, AT_ONCE))
        if due >= BULK_FROM and not repeat and self._scopes >= PROVABLE:
            return Batch(BULK, min(due, BULK_MOST))
        return Batch(SINGLE, min(due, AT_ONCE))

    async def pace(self, batch: Batch) -> float:
        """A call for each message, or one for all; consent may take one for fresh and one for older."""
        operation, cost = {
            BULK: (op.EVENTS, 1),
            SINGLE: (op.EVENT, batch.size),
            SUBSCRIBE: (op.SUBSCRIBE, 2),
            SUBSCRIBE_EACH: (op.SUBSCRIBE, batch.size),
        }[batch.endpoint]
        return await self._limits.gate(operation, cost)

    async def send(self, batch: Batch, messages: Sequence[Message]) -> Mapping[str, Result]:
        if batch.endpoint == BULK:
            return await self._send_together(messages)
        if batch.endpoint == SINGLE:
            await self._client.turn_of_events(len(messages))
            return await singly(messages, self._send_alone)
        return await self._permissions.record(messages, each_alone=batch.endpoint == SUBSCRIBE_EACH)

    async def read_back(self, stage: Stage, sent: Sequence[Sent]) -> Mapping[str, Result]:
        if stage is Stage.CONSENT:
            return await self._permissions.read_back(sent)
        return await self._read_back.alerts(sent)

    async def _send_alone(self, message: Message) -> Result:
        left_out = await self._client.create_event(events.one_event(message, self._clock.now()))
        if left_out:
            said = scrub(left_out)
            return Rejected(f"Klaviyo took the event without its {said}: the phone is not valid there.")
        return Accepted()

    async def _send_together(self, messages: Sequence[Message]) -> Mapping[str, Result]:
        body, count = events.many_events(messages, self._clock.now())
        keys, left = [m.key for m in messages[:count]], [m.key for m in messages[count:]]
        results: dict[str, Result] = dict.fromkeys(left, Retryable("The call was full."))
        try:
            await self._client.create_events(body)
        except Refused as refusal:
            return results | shares(refusal, keys)
        return results | dict.fromkeys(keys, HandedOver(PROVE_AFTER))
