"""The problems that an app reports to its shop: joined, counted, dismissed and limited as Saleor does."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from saleor_stoq_app.sandbox.saleor.ids import global_id

KEPT = 100
SHORTEST = 3
LONGEST_KEY = 128
LONGEST_MESSAGE = 2048


@dataclass(eq=False, slots=True)
class Problem:
    """One line in the Dashboard; `dismissed_by` is None while it is open."""

    number: int
    key: str
    message: str
    created_at: datetime
    updated_at: datetime
    count: int = 1
    is_critical: bool = False
    dismissed_by: Literal["APP", "USER"] | None = None
    dismissed_by_email: str | None = None

    @property
    def id(self) -> str:
        return global_id("AppProblem", self.number)

    @property
    def is_open(self) -> bool:
        return self.dismissed_by is None

    def dismiss(self, staff_email: str | None = None) -> None:
        """Close it, as the app or, with an address, as staff can; what is closed stays as it is."""
        if self.is_open:
            self.dismissed_by = "APP" if staff_email is None else "USER"
            self.dismissed_by_email = staff_email


@dataclass(frozen=True, slots=True)
class Report:
    """What an app wants to have shown."""

    key: str
    message: str
    critical_threshold: int | None
    aggregation: timedelta


def complaints(key: str, message: str) -> dict[str, str]:
    """Return what Saleor has against a report, by field."""
    found = {}
    if len(message) < SHORTEST:
        found["message"] = f"String should have at least {SHORTEST} characters"
    if len(key) < SHORTEST:
        found["key"] = f"String should have at least {SHORTEST} characters"
    elif len(key) > LONGEST_KEY:
        found["key"] = f"String should have at most {LONGEST_KEY} characters"
    return found


def shortened(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 3] + "..."


def record(problems: list[Problem], report: Report, now: datetime, next_number: Callable[[], int]) -> Problem:
    """Join the report to the youngest open problem of its key, or open a new one; the oldest make room."""
    problem = _to_join(problems, report, now)
    if problem is None:
        while len(problems) >= KEPT:
            problems.remove(min(problems, key=lambda it: it.updated_at))
        problem = Problem(next_number(), report.key, report.message, now, now)
        problems.append(problem)
    else:
        problem.count += 1
        problem.message, problem.updated_at = report.message, now
    threshold = report.critical_threshold
    problem.is_critical = threshold is not None and problem.count >= threshold
    return problem


def dismiss(problems: list[Problem], keys: Collection[str], ids: Collection[str]) -> None:
    """Close what is open under these keys or ids; nothing under them is no error."""
    for problem in problems:
        if problem.key in keys or problem.id in ids:
            problem.dismiss()


def _to_join(problems: list[Problem], report: Report, now: datetime) -> Problem | None:
    open_ones = [it for it in problems if it.is_open and it.key == report.key]
    youngest = max(open_ones, key=lambda it: (it.updated_at, it.number), default=None)
    if youngest is None or not report.aggregation:
        return None
    return youngest if youngest.updated_at >= now - report.aggregation else None
