"""Events on their way in: accepted now, recorded a little later, and then flows run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson

from saleor_stoq_app.sandbox.klaviyo import texting
from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.event_bodies import EventFacts
from saleor_stoq_app.sandbox.klaviyo.metrics import Integration, Metric
from saleor_stoq_app.sandbox.klaviyo.timeline import Event


@dataclass(slots=True)
class Arrival:
    """One accepted event; `at` is its time, cut to seconds."""

    person: Mapping[str, Any]
    profile_id: str | None
    facts: EventFacts
    silent: bool
    metric_name: str
    at: int
    unique_id: str


def arrive(person: Mapping[str, Any], profile_id: str | None, facts: EventFacts, now: datetime) -> Arrival:
    """Note an event with Klaviyo's defaults: the time of receipt, and as unique_id the time in seconds.

    So two events of one second without an id of their own collapse (klaviyo.md 0.2).
    """
    at = int((facts.get("time") or now).timestamp())
    metric_name = facts["metric"]["data"]["attributes"]["name"]
    unique_id = facts.get("unique_id") or str(at)
    return Arrival(person, profile_id, facts, bool(facts.get("backfill")), metric_name, at, unique_id)


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one request; a bulk job is recorded whole or not at all."""

    account: Account
    integration: Integration
    arrivals: list[Arrival]
    whole: bool


def accept(batch: Batch, now: datetime) -> None:
    due = now + timedelta(seconds=batch.account.delays.processing)
    batch.account.schedule.at(due, partial(_process, batch))


def is_repeat(batch: Batch, arrival: Arrival) -> bool:
    """Tell whether profile, metric and unique_id were recorded before."""
    profile = batch.account.profiles.find(arrival.person, arrival.profile_id)
    metric = batch.account.metrics.find(batch.integration, arrival.metric_name)
    return bool(profile and metric and (profile.id, arrival.unique_id) in metric.seen)


def _process(batch: Batch, now: datetime) -> None:
    batch = replace(batch, arrivals=[one for one in batch.arrivals if not _is_gone(batch.account, one)])
    # Bulk: "the request will fail and no events will be processed" (klaviyo.md 0.2), and nobody is told.
    if batch.whole and any(is_repeat(batch, arrival) for arrival in batch.arrivals):
        return
    listed_at = now + timedelta(seconds=batch.account.delays.listing)
    for arrival in batch.arrivals:
        _record(batch, arrival, now, listed_at)


def _is_gone(account: Account, arrival: Arrival) -> bool:
    """Tell whether the profile that an event named by id was deleted meanwhile."""
    return arrival.profile_id is not None and arrival.profile_id not in account.profiles.by_id


def _record(batch: Batch, arrival: Arrival, now: datetime, listed_at: datetime) -> None:
    account = batch.account
    profile, _ = account.profiles.save(arrival.person, now, arrival.profile_id)
    metric = _metric(batch, arrival.metric_name, now)
    unique_id = arrival.unique_id
    if (profile.id, unique_id) in metric.seen:
        return
    metric.seen.add((profile.id, unique_id))
    packed = _pack(arrival.facts, unique_id)
    event = Event(next(account.event_numbers), arrival.at, listed_at, metric, profile, unique_id, packed)
    metric.timeline.add(event)
    account.timeline.add(event)
    profile.last_event = now
    if not arrival.silent:
        _trigger(account, event, now)


def _metric(batch: Batch, name: str, now: datetime) -> Metric:
    listed_at = now + timedelta(seconds=batch.account.delays.metric)
    return batch.account.metrics.ensure(batch.integration, name, now, listed_at)


def _trigger(account: Account, event: Event, now: datetime) -> None:
    for flow in account.flows.on(event.metric.id):
        if flow.runs:
            texting.run(account, flow, event, now)


def _pack(facts: EventFacts, unique_id: str) -> bytes:
    """Keep what GET /api/events shows as `event_properties` (recorded there: `$event_id`, `$value`)."""
    shown = {**facts["properties"], "$event_id": unique_id}
    if facts.get("value") is not None:
        shown["$value"] = facts["value"]
    if facts.get("value_currency") is not None:
        shown["$value_currency"] = facts["value_currency"]
    # orjson leaves some 8 KB allocated behind a short answer (measured with 3.13.0): a copy is exact.
    return bytes(memoryview(orjson.dumps(shown)))
