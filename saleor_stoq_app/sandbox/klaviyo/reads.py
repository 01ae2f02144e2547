"""The endpoints that show something (klaviyo.md sections 3 to 6)."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from saleor_stoq_app.sandbox.klaviyo.answers import Answer
from saleor_stoq_app.sandbox.klaviyo.calls import Call
from saleor_stoq_app.sandbox.klaviyo.ids import SHORT_ID
from saleor_stoq_app.sandbox.klaviyo.metrics import Metric
from saleor_stoq_app.sandbox.klaviyo.profiles import Profile
from saleor_stoq_app.sandbox.klaviyo.queries import BOUNDS, EXACT, Condition, Field, Parameters
from saleor_stoq_app.sandbox.klaviyo.refusals import invalid, invalid_parameter, not_found
from saleor_stoq_app.sandbox.klaviyo.resources import (
    ACCOUNT_FIELDS,
    EVENT_FIELDS,
    FLOW_FIELDS,
    LIST_FIELDS,
    METRIC_FIELDS,
    PROFILE_FIELDS,
    Json,
)
from saleor_stoq_app.sandbox.klaviyo.timeline import Event, Range, Timeline

EVER = 2**62
TEXT = Field("text", ("equals",))
RANGE = Field("time", BOUNDS)
FROM_TO = Field("time", ("greater-than", "less-than"))
AGES = Field("time", ("equals", *BOUNDS))
DIRECTIONS = ("", "-")

ACCOUNTS = Parameters(fields={"account": ACCOUNT_FIELDS})
EVENTS = Parameters(
    filters={
        "metric_id": TEXT,
        "profile_id": TEXT,
        "datetime": RANGE,
        "timestamp": Field("number", BOUNDS),
    },
    fields={"event": EVENT_FIELDS, "profile": PROFILE_FIELDS, "metric": METRIC_FIELDS},
    include=frozenset(("profile", "metric")),
    sort=frozenset(("datetime", "-datetime", "timestamp", "-timestamp")),
    sizes=(200, 1000),
    pages=True,
)
METRICS = Parameters(
    filters={"integration.name": TEXT, "integration.category": TEXT},
    fields={"metric": METRIC_FIELDS, "flow": FLOW_FIELDS},
    include=frozenset(("flow-triggers",)),
    pages=True,
)
METRIC = Parameters(fields=METRICS.fields, include=METRICS.include)
PROFILES = Parameters(
    filters={
        "id": EXACT,
        "email": EXACT,
        "phone_number": EXACT,
        "external_id": EXACT,
        "created": FROM_TO,
        "updated": FROM_TO,
    },
    fields={"profile": PROFILE_FIELDS | {"subscriptions"}},
    additional={"profile": frozenset(("subscriptions",))},
    sort=frozenset(d + name for d in DIRECTIONS for name in ("created", "updated", "email", "id")),
    sizes=(20, 100),
    pages=True,
)
FLOWS = Parameters(
    filters={
        "id": Field("text", ("any",)),
        "name": Field("text", ("contains", "ends-with", "equals", "starts-with")),
        "status": TEXT,
        "archived": Field("flag", ("equals",)),
        "created": AGES,
        "updated": AGES,
        "trigger_type": TEXT,
    },
    fields={"flow": FLOW_FIELDS},
    sort=frozenset(
        d + name
        for d in DIRECTIONS
        for name in ("created", "id", "name", "status", "trigger_type", "updated")
    ),
    sizes=(50, 50),
    pages=True,
)
FLOW = Parameters(
    fields={"flow": FLOW_FIELDS | {"definition"}}, additional={"flow": frozenset(("definition",))}
)
TRIGGERS = Parameters(fields={"flow": FLOW_FIELDS})
LISTS = Parameters(
    filters={"id": EXACT, "name": EXACT, "created": Field("time", ("greater-than",))},
    fields={"list": LIST_FIELDS},
    sort=frozenset(d + name for d in DIRECTIONS for name in ("created", "id", "name")),
    sizes=(10, 10),
    pages=True,
)


def accounts(call: Call) -> Answer:
    return call.many([call.shape.account(call.account)])


def events(call: Call) -> Answer:
    """Show the events that are old enough to be visible."""
    query = call.query
    cursor = call.cursor(list)
    newest_first = query.sort in {"", "-datetime", "-timestamp"}
    part = _narrowed(_range(query.conditions, query.size, newest_first=newest_first), cursor)
    owners = {value for one in query.conditions if one.field == "profile_id" for value in one.values}

    def wanted(event: Event) -> bool:
        return event.listed_at <= call.now and (not owners or event.profile.id in owners)

    page, following = _timeline(call).page(part, wanted)
    return call.many([call.shape.event(event) for event in page], following, _included(call, page))


def metrics(call: Call) -> Answer:
    names = {str(v) for one in call.query.conditions if one.field == "integration.name" for v in one.values}
    # Recorded: the category filter answers nothing, although metrics report that category.
    broken = any(one.field == "integration.category" for one in call.query.conditions)
    listed = call.account.metrics.listed(call.now)
    found = [one for one in listed if not broken and (not names or one.integration.name in names)]
    return call.page(found, lambda one: _metric(call, one), lambda one: _triggers(call, one))


def metric(call: Call) -> Answer:
    found = _find_metric(call)
    answer = {"data": _metric(call, found), "links": {"self": f"{call.origin}{call.path}"}}
    return Answer.of(answer | {"included": _triggers(call, found)} if call.query.include else answer)


def flow_triggers(call: Call) -> Answer:
    return call.many(_triggers(call, _find_metric(call)))


def profiles(call: Call) -> Answer:
    found = [one for one in _candidates(call) if _matches(one, call.query.conditions)]
    return call.page(_sorted(found, call.query.sort), call.shape.profile, lambda _: ())


def flows(call: Call) -> Answer:
    found = [one for one in call.account.flows.by_id.values() if _matches(one, call.query.conditions)]
    return call.page(_sorted(found, call.query.sort), call.shape.flow, lambda _: ())


def flow(call: Call) -> Answer:
    found = call.account.flows.by_id.get(call.ident)
    if found is None:
        raise not_found(f"A flow with id {call.ident} does not exist.")
    return call.one(call.shape.flow(found))


def lists(call: Call) -> Answer:
    found = [one for one in call.account.lists.values() if _matches(one, call.query.conditions)]
    return call.page(_sorted(found, call.query.sort), call.shape.contact_list, lambda _: ())


def _timeline(call: Call) -> Timeline:
    for one in call.query.conditions:
        if one.field == "metric_id":
            ident = str(one.values[0])
            if not SHORT_ID.fullmatch(ident):
                raise invalid_parameter("filter", f"Invalid Metric ID: '{ident}'")
            found = call.account.metrics.by_id.get(ident)
            return found.timeline if found else Timeline()
    return call.account.timeline


def _range(conditions: Sequence[Condition], size: int, *, newest_first: bool) -> Range:
    low, high = 0, EVER
    for one in conditions:
        if one.field not in {"datetime", "timestamp"}:
            continue
        bound = one.values[0]
        moment = bound.timestamp() if isinstance(bound, datetime) else float(bound)
        if one.operator == "greater-or-equal":
            low = max(low, math.ceil(moment))
        elif one.operator == "greater-than":
            low = max(low, math.floor(moment) + 1)
        elif one.operator == "less-than":
            high = min(high, math.ceil(moment))
        else:
            high = min(high, math.floor(moment) + 1)
    return Range((low, 0), (high, 0), newest_first, size)


def _narrowed(part: Range, cursor: list[Any] | None) -> Range:
    """Go on behind the event that the cursor names."""
    if cursor is None:
        return part
    if len(cursor) != 2 or not all(isinstance(one, int) for one in cursor):  # noqa: PLR2004 - time and number
        raise invalid_parameter("page[cursor]", "Invalid page cursor.")
    at, number = cursor
    if part.newest_first:
        return Range(part.low, min(part.high, (at, number)), part.newest_first, part.size)
    return Range(max(part.low, (at, number + 1)), part.high, part.newest_first, part.size)


def _included(call: Call, page: Iterable[Event]) -> list[Json]:
    found: dict[str, Json] = {}
    for event in page:
        if "metric" in call.query.include and event.metric.id not in found:
            found[event.metric.id] = call.shape.metric(event.metric)
        if "profile" in call.query.include and event.profile.id not in found:
            found[event.profile.id] = call.shape.profile(event.profile)
    return list(found.values())


def _find_metric(call: Call) -> Metric:
    if not SHORT_ID.fullmatch(call.ident):
        raise invalid("/data/id", f"Invalid Metric ID: '{call.ident}'")
    found = call.account.metrics.by_id.get(call.ident)
    if found is None or found.listed_at > call.now:
        raise not_found(f"Metric with id {call.ident} does not exist.")
    return found


def _metric(call: Call, found: Metric) -> Json:
    return call.shape.metric(found, call.account.flows.on(found.id) if call.query.include else None)


def _triggers(call: Call, found: Metric) -> list[Json]:
    return [call.shape.flow(one) for one in call.account.flows.on(found.id)]


def _candidates(call: Call) -> Iterable[Profile]:
    """Narrow down by an identifier where one is asked for; a hundred thousand profiles may be there."""
    known = call.account.profiles
    for one in call.query.conditions:
        if one.field == "id":
            return [known.by_id[str(value)] for value in dict.fromkeys(one.values) if value in known.by_id]
        if one.field in {"email", "phone_number", "external_id"}:
            found = (known.find({one.field: value}) for value in dict.fromkeys(one.values))
            return [profile for profile in found if profile is not None]
    return known.by_id.values()


def _matches(item: object, conditions: Sequence[Condition]) -> bool:
    return all(one.holds(getattr(item, one.field)) for one in conditions)


def _sorted(items: list[Any], sort: str) -> list[Any]:
    if not sort:
        return items
    name = sort.removeprefix("-")
    return sorted(items, key=lambda item: getattr(item, name) or "", reverse=sort.startswith("-"))
