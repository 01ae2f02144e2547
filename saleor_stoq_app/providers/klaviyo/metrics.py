"""Finds our metrics: an integration and a name make a metric, a name alone does not (klaviyo.md 0.4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from saleor_stoq_app.providers.accounts import Connection, ConnectionKind
from saleor_stoq_app.providers.klaviyo.client import KlaviyoClient
from saleor_stoq_app.providers.klaviyo.json_api import Item, part
from saleor_stoq_app.providers.problems import AmbiguousMetric

PRIVATE_KEYS = "API"
"""The integration of everything that private keys send."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as Klaviyo lists it."""

    id: str
    name: str
    integration: str


def metrics_of(page: Iterable[Item]) -> list[Metric]:
    return [
        Metric(
            str(item.get("id")),
            str(part(item, "attributes").get("name")),
            str(part(item, "attributes", "integration").get("name") or ""),
        )
        for item in page
    ]


def of_our_kind(metric: Metric, kind: str) -> bool:
    """Tell the metrics of private keys from those of apps; an app cannot learn what it is called there."""
    return (metric.integration == PRIVATE_KEYS) == (kind != ConnectionKind.OAUTH)


def seed_prefix(connection: Connection) -> str:
    """Return what begins the `unique_id` of every seed of this connection and generation."""
    return f"seed:{connection.id}:{connection.generation}:"


class Metrics:
    """Tells our metric from others of its name, which another app or an earlier key may have left."""

    def __init__(self, client: KlaviyoClient, connection: Connection) -> None:
        self._client = client
        self._connection = connection

    async def find(self, name: str) -> str | None:
        """Return the id of our metric, None while it is not known.

        Raises:
            AmbiguousMetric: there are several, and the events that tell them apart may not be read.
        """
        named = [metric async for page in self._client.metrics() for metric in metrics_of(page)]
        named = [metric for metric in named if metric.name == name]
        if self._connection.kind == ConnectionKind.OAUTH and "events:read" in self._connection.scopes:
            ours = [metric for metric in named if await self._holds_our_seed(metric)]
        else:
            ours = [metric for metric in named if of_our_kind(metric, self._connection.kind)]
        if len(ours) > 1:
            raise _ambiguous(name, ours)
        return ours[0].id if ours else None

    async def _holds_our_seed(self, metric: Metric) -> bool:
        """Look among the newest events: where our own seed went, our other events go."""
        prefix = seed_prefix(self._connection)
        newest = await self._client.newest_events(metric.id)
        ids = (str(part(event, "attributes", "event_properties").get("$event_id")) for event in newest)
        return any(unique_id.startswith(prefix) for unique_id in ids)


def _ambiguous(name: str, metrics: Iterable[Metric]) -> AmbiguousMetric:
    integrations = tuple(sorted({metric.integration for metric in metrics}))
    return AmbiguousMetric(
        f'Klaviyo has several metrics named "{name}", from {", ".join(integrations)}.',
        fix="Connect Klaviyo again and allow events:read, which tells ours from the others.",
        integrations=integrations,
    )
