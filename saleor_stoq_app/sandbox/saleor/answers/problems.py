"""The mutations with which an app tells staff what is wrong, with the refusals of a live 3.23.28."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, Refusal, answers
from saleor_stoq_app.sandbox.saleor.ids import key_of
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from saleor_stoq_app.sandbox.saleor.problems import (
    Problem,
    Report,
    complaints,
    dismiss,
    record,
    shortened,
)

MOST = 100
DEFAULT_MINUTES = 60
CALLERS = ("byApp", "byStaffWithIds", "byStaffWithKeys")


@dataclass(frozen=True, slots=True)
class Complaint:
    """An AppProblemCreateError or AppProblemDismissError."""

    field: str | None
    message: str
    code: str = "INVALID"


@dataclass(frozen=True, slots=True)
class Result:
    """What a mutation answers: what was wrong, or what it made."""

    errors: tuple[Complaint, ...] = ()
    app_problem: Problem | None = None


RESOLVERS.update(
    {
        "AppProblem.dismissed": lambda problem, _: None if problem.is_open else problem,
        "AppProblemDismissed.by": lambda problem, _: problem.dismissed_by,
        "AppProblemDismissed.userEmail": lambda problem, _: problem.dismissed_by_email,
    }
)


@answers("App.problems")
def problems(app: InstalledApp, _asking: Asking, limit: int | None = None) -> list[Problem]:
    """The youngest first."""
    if limit is not None and limit > MOST:
        raise Refusal(f"Limit must be between 1 and {MOST}.")
    return sorted(app.problems, key=lambda it: it.created_at, reverse=True)[:limit]


@answers("Mutation.appProblemCreate")
def create(_root: object, asking: Asking, input: Mapping[str, Any]) -> Result:  # noqa: A002 - Saleor's argument
    found = complaints(input["key"], input["message"])
    if found:
        return Result(tuple(Complaint(field, message) for field, message in found.items()))
    minutes = input.get("aggregationPeriod")
    report = Report(
        input["key"],
        shortened(input["message"]),
        input.get("criticalThreshold"),
        timedelta(minutes=DEFAULT_MINUTES if minutes is None else minutes),
    )
    made = record(_own(asking), report, asking.now, lambda: asking.shop.next_key("AppProblem"))
    return Result(app_problem=made)


@answers("Mutation.appProblemDismiss")
def take_back(_root: object, asking: Asking, input: Mapping[str, Any]) -> Result:  # noqa: A002 - Saleor's argument
    complaint = _wrong_caller(input) or _wrong_choice(input.get("byApp") or {})
    if complaint:
        return Result((complaint,))
    by_app = input["byApp"]
    ids: Sequence[str] = by_app.get("ids") or ()
    if complaint := _wrong_id(asking, ids):
        return Result((complaint,))
    dismiss(_own(asking), () if ids else by_app["keys"], ids)
    return Result()


def _own(asking: Asking) -> list[Problem]:
    if asking.app is None:
        raise Refusal("The double knows no staff at this door.")
    return asking.app.problems


def _wrong_caller(given: Mapping[str, Any]) -> Complaint | None:
    callers = [name for name in CALLERS if given.get(name)]
    if not callers:
        needed = ", ".join(f"'{name}'" for name in CALLERS)
        return Complaint(None, f"At least one of arguments is required: {needed}.", "GRAPHQL_ERROR")
    first, *others = callers
    if others:
        rest = ", ".join(f"'{name}'" for name in others)
        return Complaint(None, f"Argument '{first}' cannot be combined with {rest}", "GRAPHQL_ERROR")
    if first != "byApp":
        return Complaint(first, "App callers cannot use this input. Use 'byApp' instead.")
    return None


def _wrong_choice(by_app: Mapping[str, Any]) -> Complaint | None:
    chosen = [name for name in ("ids", "keys") if by_app.get(name)]
    if not chosen:
        return Complaint("byApp", "Must provide either 'ids' or 'keys'.", "REQUIRED")
    if len(chosen) > 1:
        return Complaint("byApp", "Cannot specify both 'ids' and 'keys'.")
    if len(by_app[chosen[0]]) > MOST:
        return Complaint(chosen[0], f"Cannot specify more than {MOST} items.")
    return None


def _wrong_id(asking: Asking, ids: Sequence[str]) -> Complaint | None:
    """An id of another type, or of another app's problem; one that nobody has is passed over."""
    foreign = {it.id for app in asking.shop.apps if app is not asking.app for it in app.problems}
    for given in ids:
        if key_of(given, "AppProblem") is None:
            return Complaint("ids", f"Invalid ID: {given}.")
    if not foreign.isdisjoint(ids):
        return Complaint("ids", "Cannot dismiss problems belonging to other apps.")
    return None
