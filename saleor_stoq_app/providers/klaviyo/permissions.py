"""Records permissions at Klaviyo, and looks whether it holds them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import ProviderError, Rejected
from saleor_stoq_app.events import Message
from saleor_stoq_app.providers.base import Accepted, HandedOver, Result, Sent
from saleor_stoq_app.providers.klaviyo import consent
from saleor_stoq_app.providers.klaviyo.client import KlaviyoClient
from saleor_stoq_app.providers.klaviyo.consent import NOTHING_KNOWN, Standing
from saleor_stoq_app.providers.klaviyo.errors import Refused, shares
from saleor_stoq_app.providers.klaviyo.singly import singly

PROFILES_A_PAGE = 100
CHECK_AFTER = 60.0
GIVE_UP_AFTER = timedelta(minutes=30)
"""Klaviyo applies consent one to three minutes later and says nothing (klaviyo.md section 4)."""


class Permissions:
    """Hands permissions over; looks first, so that nobody who left since is subscribed again."""

    def __init__(self, client: KlaviyoClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def record(self, messages: Sequence[Message], *, each_alone: bool) -> dict[str, Result]:
        known = await self._look([message.recipient.phone for message in messages])
        results = {m.key: said for m in messages if (said := _known(m, known)) is not None}
        people = _by_person([message for message in messages if message.key not in results])
        recorded = await self._record([asked[0] for asked in people.values()], each_alone=each_alone)
        for asked in people.values():
            results.update(dict.fromkeys((m.key for m in asked), recorded[asked[0].key]))
        return results

    async def read_back(self, sent: Sequence[Sent]) -> dict[str, Result]:
        known = await self._look([each.phone for each in sent])
        now = self._clock.now()
        return {each.key: _proof(each, known.get(each.phone, NOTHING_KNOWN), now) for each in sent}

    async def _look(self, phones: Sequence[str]) -> dict[str, Standing]:
        known: dict[str, Standing] = {}
        unique = list(dict.fromkeys(phones))
        for start in range(0, len(unique), PROFILES_A_PAGE):
            asked = unique[start : start + PROFILES_A_PAGE]
            async for page in self._client.profiles(consent.phone_filter(asked)):
                known.update(consent.standings(page))
        return known

    async def _record(self, messages: Sequence[Message], *, each_alone: bool) -> dict[str, Result]:
        """A fresh permission of a person new to Klaviyo is lost unless the profile is there first."""
        now = self._clock.now()
        fresh = [message for message in messages if consent.is_fresh(message, now)]
        older = [message for message in messages if not consent.is_fresh(message, now)]
        results = await singly(fresh, self._import)
        there = [message for message in fresh if isinstance(results[message.key], Accepted)]
        subscribe = self._each_alone if each_alone else self._together
        results.update(await subscribe(there, historical=False))
        results.update(await subscribe(older, historical=True))
        return results

    async def _import(self, message: Message) -> Result:
        await self._client.import_profile(consent.imported_profile(message))
        return Accepted()

    async def _each_alone(self, messages: Sequence[Message], *, historical: bool) -> dict[str, Result]:
        async def subscribe(message: Message) -> Result:
            await self._client.subscribe(consent.subscription([message], historical=historical))
            return HandedOver(CHECK_AFTER)

        return await singly(messages, subscribe)

    async def _together(self, messages: Sequence[Message], *, historical: bool) -> Mapping[str, Result]:
        keys = [message.key for message in messages]
        if not keys:
            return {}
        try:
            await self._client.subscribe(consent.subscription(messages, historical=historical))
        except Refused as refusal:
            return shares(refusal, keys)
        except ProviderError as error:
            return dict.fromkeys(keys, error)
        return dict.fromkeys(keys, HandedOver(CHECK_AFTER))


def _by_person(messages: Sequence[Message]) -> dict[str, list[Message]]:
    """Group by phone, the latest permission first: one person may wait for several products."""
    people: dict[str, list[Message]] = {}
    for message in sorted(messages, key=consent.given_at, reverse=True):
        people.setdefault(message.recipient.phone, []).append(message)
    return people


def _known(message: Message, known: Mapping[str, Standing]) -> Result | None:
    """Say what needs no call: already subscribed, left since, or no permission at all."""
    standing = known.get(message.recipient.phone, NOTHING_KNOWN)
    try:
        left = standing.unsubscribed_since(consent.given_at(message))
    except Rejected as none_given:
        return none_given
    if left:
        return _left()
    return Accepted() if standing.subscribed else None


def _proof(sent: Sent, standing: Standing, now: datetime) -> Result:
    if standing.subscribed:
        return Accepted()
    if standing.unsubscribed_since(sent.called_at):
        return _left()
    if now - sent.called_at < GIVE_UP_AFTER:
        return HandedOver(CHECK_AFTER)
    return Rejected("no consent at Klaviyo", code="NO_CONSENT")


def _left() -> Rejected:
    return Rejected("unsubscribed at Klaviyo", code="UNSUBSCRIBED")
