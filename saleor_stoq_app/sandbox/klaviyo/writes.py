"""The endpoints that take something: events, profiles and permissions (klaviyo.md sections 3 and 4)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from saleor_stoq_app.sandbox.klaviyo import consent, ingest
from saleor_stoq_app.sandbox.klaviyo.answers import ACCEPTED, Answer
from saleor_stoq_app.sandbox.klaviyo.calls import Call
from saleor_stoq_app.sandbox.klaviyo.consent_bodies import SUBSCRIBE, UNSUBSCRIBE
from saleor_stoq_app.sandbox.klaviyo.contacts import BAD_PHONE
from saleor_stoq_app.sandbox.klaviyo.contract import parse
from saleor_stoq_app.sandbox.klaviyo.event_bodies import (
    BULK,
    EVENT,
    PROFILE,
    BulkEntry,
    EventFacts,
    EventProfile,
)
from saleor_stoq_app.sandbox.klaviyo.profiles import IDENTIFIERS
from saleor_stoq_app.sandbox.klaviyo.refusals import Problem, Refused, invalid, invalid_at

MOST_EVENTS = 1000
LARGEST_PROFILE = 100_000
ENTRIES = "/data/attributes/events-bulk-create/data"
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FURTHEST = timedelta(days=366)
DROPPED_PHONE = {"X-Klaviyo-Partial-Failure": "phone_number"}


def create_event(call: Call) -> Answer:
    attributes = parse(EVENT, call.body)["data"]["attributes"]
    profile = attributes["profile"]["data"]
    found = list(_problems(call, profile, attributes, "/data/attributes/profile/data", "/data/attributes"))
    if found:
        raise Refused(400, *found)
    person, dropped = _person(call, profile)
    arrival = ingest.arrive(person, profile.get("id"), attributes, call.now)
    ingest.accept(ingest.Batch(call.account, call.key.integration, [arrival], whole=False), call.now)
    return _accepted(dropped=dropped)


def create_events(call: Call) -> Answer:
    """Take a bulk job: whole, or not at all."""
    entries = parse(BULK, call.body)["data"]["attributes"]["events-bulk-create"]["data"]
    count = sum(len(entry["attributes"]["events"]["data"]) for entry in entries)
    if count > MOST_EVENTS:
        raise invalid(ENTRIES, f"No more than {MOST_EVENTS} events may be given, got {count}.")
    batch = ingest.Batch(call.account, call.key.integration, [], whole=True)
    asked = set[tuple[Any, ...]]()
    found = [one for i, entry in enumerate(entries) for one in _gather(call, batch, asked, entry, i)]
    if found:
        raise Refused(400, *found)
    if not call.swallows():
        ingest.accept(batch, call.now)
    profiles = [entry["attributes"]["profile"]["data"] for entry in entries]
    return _accepted(dropped=any(_person(call, profile)[1] for profile in profiles))


def _gather(
    call: Call, batch: ingest.Batch, asked: set[tuple[Any, ...]], entry: BulkEntry, index: int
) -> Iterator[Problem]:
    """Add an entry's events to the batch; yield what is wrong with them."""
    attributes = entry["attributes"]
    pointer = f"{ENTRIES}/{index}/attributes"
    profile, silent = attributes["profile"]["data"], bool(attributes.get("backfill"))
    person, _ = _person(call, profile)
    for j, event in enumerate(attributes["events"]["data"]):
        facts, own = event["attributes"], f"{pointer}/events/data/{j}/attributes"
        yield from _problems(call, profile, facts, f"{pointer}/profile/data", own)
        arrival = ingest.arrive(person, profile.get("id"), facts, call.now)
        arrival.silent = arrival.silent or silent
        if _repeats(batch, arrival, asked):
            said = "'unique_id' is repeated for the same profile and metric; no events were processed."
            yield invalid_at(f"{own}/unique_id", said)
        batch.arrivals.append(arrival)


def import_profile(call: Call) -> Answer:
    """Create or update a profile, at once."""
    if len(call.body) > LARGEST_PROFILE:
        raise invalid("/data", "The payload provided exceeds the maximum allowed size of 100KB.")
    profile = parse(PROFILE, call.body)["data"]
    given, ident = profile["attributes"], profile.get("id")
    _refuse_nobody(given, ident)
    phone = given.get("phone_number")
    if phone and not call.account.profiles.is_phone(phone):
        raise invalid("/data/attributes/phone_number", BAD_PHONE)
    call.account.profiles.refuse_conflict(given, ident)
    saved, fresh = call.account.profiles.save(given, call.now, ident)
    return call.one(call.shape.profile(saved), status=201 if fresh else 200)


def subscribe(call: Call) -> Answer:
    consent.subscribe(call.account, parse(SUBSCRIBE, call.body)["data"], call.now)
    return ACCEPTED


def unsubscribe(call: Call) -> Answer:
    consent.unsubscribe(call.account, parse(UNSUBSCRIBE, call.body)["data"], call.now)
    return ACCEPTED


def _problems(
    call: Call, profile: EventProfile, facts: EventFacts, person: str, pointer: str
) -> Iterator[Problem]:
    """Find what is wrong; `person` and `pointer` say where the profile and the event stand in the body."""
    profiles, attributes, ident = call.account.profiles, profile["attributes"], profile.get("id")
    phone, time = attributes.get("phone_number"), facts.get("time")
    if not phone and not _named(profile):
        yield invalid_at(person, "At least one profile identifier must be given.")
    elif phone and not profiles.is_phone(phone) and not _named(profile):
        yield invalid_at(f"{person}/attributes/phone_number", BAD_PHONE)
    if ident and ident not in profiles.by_id:
        yield invalid_at(f"{person}/id", f"A profile with id {ident} does not exist.")
    if time is not None and not EARLIEST <= time <= call.now + FURTHEST:
        yield invalid_at(f"{pointer}/time", "'time' must be after 1990 and at most one year in the future.")


def _named(profile: EventProfile) -> bool:
    """Tell whether something other than a phone says who it is."""
    given = profile["attributes"]
    names = (profile.get("id"), given.get("email"), given.get("external_id"), given.get("anonymous_id"))
    return any(names)


def _person(call: Call, profile: EventProfile) -> tuple[dict[str, Any], bool]:
    """Return the attributes; a bad phone beside another identifier is dropped, and only a header says so."""
    person: dict[str, Any] = {**profile["attributes"]}
    phone = person.get("phone_number")
    dropped = phone is not None and not call.account.profiles.is_phone(phone)
    if dropped:
        del person["phone_number"]
    return person, dropped


def _repeats(batch: ingest.Batch, arrival: ingest.Arrival, asked: set[tuple[Any, ...]]) -> bool:
    """Tell whether the job itself, or an event recorded before, has the same profile, metric and id."""
    known = arrival.profile_id is None or arrival.profile_id in batch.account.profiles.by_id
    who = (arrival.profile_id, *map(arrival.person.get, IDENTIFIERS))
    key = (who, arrival.metric_name, arrival.unique_id)
    repeated = key in asked or (known and ingest.is_repeat(batch, arrival))
    asked.add(key)
    return repeated


def _accepted(*, dropped: bool) -> Answer:
    return replace(ACCEPTED, headers=DROPPED_PHONE) if dropped else ACCEPTED


def _refuse_nobody(given: Mapping[str, Any], profile_id: str | None) -> None:
    if profile_id is None and not any(given.get(name) for name in IDENTIFIERS):
        raise invalid("/data", "At least one profile identifier must be given.")
