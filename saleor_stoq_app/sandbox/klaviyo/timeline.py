"""Recorded events in order of their time, and pages of them."""

import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from saleor_stoq_app.sandbox.klaviyo.metrics import Metric
    from saleor_stoq_app.sandbox.klaviyo.profiles import Profile

Place = tuple[int, int]
"""A time in seconds and the event's number: where an event stands in a timeline."""


@dataclass(slots=True, eq=False)
class Event:
    """A recorded event; properties stay packed, a hundred thousand of them must fit."""

    number: int
    at: int
    listed_at: datetime
    metric: "Metric"
    profile: "Profile"
    unique_id: str
    packed: bytes

    @property
    def properties(self) -> dict[str, Any]:
        """What was sent, with `$event_id` (and `$value`) as Klaviyo adds them."""
        unpacked: dict[str, Any] = orjson.loads(self.packed)
        return unpacked

    @property
    def phone(self) -> str | None:
        return self.profile.phone_number


def place(event: Event) -> Place:
    return event.at, event.number


@dataclass(frozen=True, slots=True)
class Range:
    """Which part of a timeline is asked for: from `low` (inside) to `high` (outside), in pages."""

    low: Place
    high: Place
    newest_first: bool
    size: int


@dataclass(slots=True)
class Timeline:
    """Events sorted by time; nearly always appended at the end."""

    events: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        if not self.events or place(self.events[-1]) <= place(event):
            self.events.append(event)
        else:
            bisect.insort(self.events, event, key=place)

    def drop(self, unwanted: Callable[[Event], bool]) -> None:
        """Forget events."""
        self.events = [event for event in self.events if not unwanted(event)]

    def page(self, part: Range, wanted: Callable[[Event], bool]) -> tuple[list[Event], Place | None]:
        """Return one page and the place of its last event, or None when nothing follows."""
        start = bisect.bisect_left(self.events, part.low, key=place)
        end = bisect.bisect_left(self.events, part.high, key=place)
        indexes = range(end - 1, start - 1, -1) if part.newest_first else range(start, end)
        page: list[Event] = []
        for index in indexes:
            if wanted(self.events[index]):
                if len(page) == part.size:
                    return page, place(page[-1])
                page.append(self.events[index])
        return page, None
