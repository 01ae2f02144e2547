"""Looks which events Klaviyo really has: a 202 of the bulk endpoint proves nothing (design section 6)."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import Unknown
from saleor_stoq_app.providers.base import Accepted, HandedOver, Result, Sent
from saleor_stoq_app.providers.klaviyo.client import KlaviyoClient
from saleor_stoq_app.providers.klaviyo.events import METRICS
from saleor_stoq_app.providers.klaviyo.json_api import Item, part

CHECK_AFTER = 60.0
GIVE_UP_AFTER = timedelta(minutes=10)
SENT_WITHIN = timedelta(minutes=1)
"""An event carries the time of its call, which comes a moment after the ledger's `called_at`. One that
came later still is repeated alone, which Klaviyo drops in silence."""


class ReadBack:
    """Pages through a metric's events of the time in question, oldest first, until all are found."""

    def __init__(self, client: KlaviyoClient, clock: Clock, integration: str) -> None:
        self._client = client
        self._clock = clock
        self._integration = integration
        self._metrics: dict[str, str] = {}

    async def alerts(self, sent: Sequence[Sent]) -> dict[str, Result]:
        results: dict[str, Result] = {}
        for group in _at_one_time(sent):
            missing = await self._missing(group)
            results.update({each.key: self._judge(each, missing) for each in group})
        return results

    def _judge(self, sent: Sent, missing: set[str]) -> Result:
        if sent.key not in missing:
            return Accepted()
        if self._clock.now() - sent.called_at < GIVE_UP_AFTER:
            return HandedOver(CHECK_AFTER)
        return Unknown("Klaviyo took the batch and does not show this event.")

    async def _missing(self, sent: Sequence[Sent]) -> set[str]:
        missing = {each.key for each in sent}
        metric = await self._metric(METRICS[sent[0].alert_type])
        if not metric:
            return missing
        try:
            async with aclosing(self._client.events(self._filter(metric, sent))) as pages:
                async for page in pages:
                    missing.difference_update(_unique_ids(page))
                    if not missing:
                        break
        finally:
            if missing:  # a metric that was deleted in Klaviyo comes back with another id
                self._metrics.clear()
        return missing

    def _filter(self, metric: str, sent: Iterable[Sent]) -> str:
        """Bound the time on both sides: Klaviyo cuts it to seconds and takes no bound in the future."""
        called = [each.called_at for each in sent]
        until = min(max(called) + SENT_WITHIN, self._clock.now())
        return (
            f'equals(metric_id,"{metric}"),greater-or-equal(datetime,{_seconds(min(called))}),'
            f"less-or-equal(datetime,{_seconds(until)})"
        )

    async def _metric(self, name: str) -> str:
        """Return the id of our metric, "" while it is not listed.

        A metric is the integration and the name: an equal name of another integration is another metric
        (klaviyo.md section 0.4).
        """
        if name not in self._metrics:
            async for page in self._client.metrics():
                self._metrics.update(_ids_by_name(page, self._integration))
        return self._metrics.get(name, "")


def _at_one_time(sent: Sequence[Sent]) -> list[list[Sent]]:
    """Group by type and time: nobody pages through the hours that lie between two restocks."""
    groups: list[list[Sent]] = []
    for each in sorted(sent, key=lambda each: (each.alert_type, each.called_at)):
        last = groups[-1][-1] if groups else None
        if last and last.alert_type is each.alert_type and each.called_at - last.called_at <= SENT_WITHIN:
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _ids_by_name(page: Iterable[Item], integration: str) -> dict[str, str]:
    ours = (i for i in page if part(i, "attributes", "integration").get("name") == integration)
    return {str(part(item, "attributes").get("name")): str(item.get("id")) for item in ours}


def _unique_ids(page: Iterable[Item]) -> set[str]:
    """Klaviyo shows our `unique_id` as `event_properties.$event_id` (klaviyo.md section 3)."""
    return {str(part(item, "attributes", "event_properties").get("$event_id")) for item in page}


def _seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
