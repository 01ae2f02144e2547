"""Prometheus metrics: what this process does, and what the database has waiting."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, generate_latest


class Meters:
    """The figures of one process; nothing in them names a shopper."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._turns = Histogram(
            "stoq_turn_seconds",
            "How long a duty worked for one shop in one turn, by how it ended.",
            ["duty", "outcome"],
            registry=self._registry,
        )
        self._waiting = Gauge(
            "stoq_waiting",
            "What waits in the database, all processes together.",
            ["what"],
            registry=self._registry,
        )
        self._oldest = Gauge(
            "stoq_oldest_due_seconds",
            "How long the oldest of what is due has been waiting for a worker.",
            ["what"],
            registry=self._registry,
        )

    @contextmanager
    def turn(self, duty: str) -> Iterator[None]:
        """Time one turn of a duty."""
        started, outcome = time.perf_counter(), "failed"
        try:
            yield
            outcome = "done"
        finally:
            self._turns.labels(duty, outcome).observe(time.perf_counter() - started)

    def set_waiting(self, what: str, count: int, oldest_seconds: float) -> None:
        self._waiting.labels(what).set(count)
        self._oldest.labels(what).set(max(0.0, oldest_seconds))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
