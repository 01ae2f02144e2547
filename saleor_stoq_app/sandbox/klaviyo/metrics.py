"""Metrics: they exist from their first event on, and are listed later (klaviyo.md sections 0, 3)."""

from dataclasses import dataclass, field
from datetime import datetime

from saleor_stoq_app.sandbox.klaviyo.ids import Ids
from saleor_stoq_app.sandbox.klaviyo.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Integration:
    """Who sends events: a private key speaks as `api`, an OAuth app as itself."""

    id: str
    key: str
    name: str
    category: str


API = Integration("7FtS4J", "api", "API", "API")


@dataclass(slots=True, eq=False)
class Metric:
    """A metric: the same name from another integration is another metric."""

    id: str
    name: str
    integration: Integration
    created: datetime
    listed_at: datetime
    timeline: Timeline = field(default_factory=Timeline)
    seen: set[tuple[str, str]] = field(default_factory=set)
    """(profile id, unique_id) of every recorded event: the first one wins."""


class Metrics:
    """The metrics of an account."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_name: dict[tuple[str, str], Metric] = {}
        self.by_id: dict[str, Metric] = {}

    def find(self, integration: Integration, name: str) -> Metric | None:
        return self._by_name.get((integration.id, name))

    def named(self, name: str) -> list[Metric]:
        """Return every metric of that name, of whichever integration."""
        return [metric for metric in self.by_id.values() if metric.name == name]

    def ensure(self, integration: Integration, name: str, now: datetime, listed_at: datetime) -> Metric:
        """Return the metric, made now if this is its first event."""
        metric = self.find(integration, name)
        if metric is None:
            metric = Metric(self._ids.short(), name, integration, now, listed_at)
            self._by_name[integration.id, name] = self.by_id[metric.id] = metric
        return metric

    def remove(self, metric: Metric) -> None:
        """Forget a metric; the next event of its name makes another one, with another id."""
        del self.by_id[metric.id], self._by_name[metric.integration.id, metric.name]

    def listed(self, now: datetime) -> list[Metric]:
        return [metric for metric in self.by_id.values() if metric.listed_at <= now]
