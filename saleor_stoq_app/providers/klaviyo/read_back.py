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
from saleor_stoq_app.providers.klaviyo.metrics import metrics_of, of_our_kind

CHECK_AFTER = 60.0
GIVE_UP_AFTER = timedelta(minutes=10)
SENT_WITHIN = timedelta(minutes=1)
"""An event carries the time of its call, which comes a moment after the ledger's `called_at`. One that
came later still is repeated alone, which Klaviyo drops in silence."""


class ReadBack:
    """Pages through a metric's events of the time in question, oldest first, until all are found."""

    def __init__(self, client: KlaviyoClient, clock: Clock, kind: str) -> None:
        self._client = client
        self._clock = clock
        self._kind = kind
        self._metrics: dict[str, list[str]] = {}

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
        try:
            for metric in await self._ours(METRICS[sent[0].alert_type]):
                await self._strike_off(missing, self._filter(metric, sent))
        finally:
            if missing:  # a metric that was deleted in Klaviyo comes back with another id
                self._metrics.clear()
        return missing

    async def _strike_off(self, missing: set[str], filters: str) -> None:
        async with aclosing(self._client.events(filters)) as pages:
            async for page in pages:
                missing.difference_update(_unique_ids(page))
                if not missing:
                    break

    def _filter(self, metric: str, sent: Iterable[Sent]) -> str:
        """Bound the time on both sides: Klaviyo cuts it to seconds and takes no bound in the future."""
        called = [each.called_at for each in sent]
        until = min(max(called) + SENT_WITHIN, self._clock.now())
        return (
            f'equals(metric_id,"{metric}"),greater-or-equal(datetime,{_seconds(min(called))}),'
            f"less-or-equal(datetime,{_seconds(until)})"
        )

    async def _ours(self, name: str) -> list[str]:
        """Return the ids of the metrics where our events may be, none while it is not listed.

        A metric is the integration and the name (klaviyo.md section 0.4). An app's may stand beside another
        app's of the same name; our keys are in ours alone.
        """
        if name not in self._metrics:
            listed = [metric async for page in self._client.metrics() for metric in metrics_of(page)]
            ours = [metric for metric in listed if of_our_kind(metric, self._kind)]
            for metric in ours:
                self._metrics.setdefault(metric.name, []).append(metric.id)
        return self._metrics.get(name, [])


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


def _unique_ids(page: Iterable[Item]) -> set[str]:
    """Klaviyo shows our `unique_id` as `event_properties.$event_id` (klaviyo.md section 3)."""
    return {str(part(item, "attributes", "event_properties").get("$event_id")) for item in page}


def _seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
