"""POST /api/event-bulk-create-jobs: whole or not at all, and never a word afterwards."""

import orjson
import pytest

from tests.sandbox.klaviyo.calls import METRIC, OTHER_PHONE, PHONE, bulk, entry, facts, person

AT = "/data/attributes/events-bulk-create/data"


def number(index):
    return f"+1212555{index:04d}"


async def test_a_thousand_events_are_taken_and_recorded_later(caller, klaviyo, clock):
    answer = await caller.bulk(*[entry(number(n), f"u{n}") for n in range(1000)])
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["ratelimit-limit"] == "10, 10;w=1, 150;w=60"
    assert klaviyo.events(METRIC) == []
    clock.advance(1)
    recorded = klaviyo.events(METRIC)
    assert len({one.phone for one in recorded}) == len(recorded) == 1000


async def test_more_than_a_thousand_events_are_refused_however_they_are_grouped(caller):
    one = entry(PHONE, "first")
    one["attributes"]["events"]["data"] *= 1001
    assert (await caller.bulk(one)).status_code == 400
    assert (await caller.bulk(*[entry(PHONE, f"u{n}") for n in range(1001)])).status_code == 400


async def test_an_empty_job_is_refused(caller):
    assert (await caller.bulk()).status_code == 400


async def test_bad_elements_refuse_the_whole_job_and_are_named_by_index(caller, klaviyo, clock):
    answer = await caller.bulk(
        entry(), entry("0123", "u2"), entry(OTHER_PHONE, "u3", time="1980-01-01T00:00:00Z")
    )
    assert answer.status_code == 400
    assert [one["source"]["pointer"] for one in answer.json()["errors"]] == [
        f"{AT}/1/attributes/profile/data/attributes/phone_number",
        f"{AT}/2/attributes/events/data/0/attributes/time",
    ]
    clock.advance(60)
    assert klaviyo.events(METRIC) == []


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"uniqueId": "x"}, f"{AT}/1/attributes/events/data/0/attributes/uniqueId"),
        ({"value": "19.90"}, f"{AT}/1/attributes/events/data/0/attributes/value"),
    ],
)
async def test_what_breaks_the_contract_is_named_by_index(caller, more, pointer):
    answer = await caller.bulk(entry(), entry(OTHER_PHONE, "u2", **more))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"]["pointer"] == pointer


async def test_an_event_of_nobody_refuses_the_job(caller):
    answer = await caller.bulk(entry(), entry(profile=person(None)))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"]["pointer"] == f"{AT}/1/attributes/profile/data"


async def test_a_unique_id_repeated_inside_the_job_fails_all_of_it(caller, klaviyo, clock):
    answer = await caller.bulk(entry(), entry(OTHER_PHONE), entry())
    assert answer.status_code == 400
    (told,) = answer.json()["errors"]
    assert told["source"]["pointer"] == f"{AT}/2/attributes/events/data/0/attributes/unique_id"
    clock.advance(60)
    assert klaviyo.events(METRIC) == []


async def test_a_unique_id_recorded_before_fails_all_of_it(caller, klaviyo, clock):
    await caller.event()
    clock.advance(1)
    answer = await caller.bulk(entry(OTHER_PHONE, "u2"), entry())
    assert answer.status_code == 400
    clock.advance(60)
    assert len(klaviyo.events(METRIC)) == 1


async def test_a_repeat_of_what_is_still_in_the_works_swallows_the_whole_job(caller, klaviyo, clock):
    await caller.event()
    assert (await caller.bulk(entry(OTHER_PHONE, "u2"), entry())).status_code == 202
    clock.advance(60)
    assert [one.phone for one in klaviyo.events(METRIC)] == [PHONE]


async def test_a_job_can_be_taken_and_then_swallowed(caller, klaviyo, clock):
    klaviyo.swallow_bulk()
    assert (await caller.bulk(entry())).status_code == 202
    assert (await caller.bulk(entry(OTHER_PHONE))).status_code == 202
    clock.advance(60)
    assert [one.phone for one in klaviyo.events(METRIC)] == [OTHER_PHONE]


async def test_a_refused_job_is_not_the_one_that_is_swallowed(caller, klaviyo, clock):
    klaviyo.swallow_bulk()
    assert (await caller.bulk(entry("0123"))).status_code == 400
    assert (await caller.bulk(entry())).status_code == 202
    clock.advance(60)
    assert klaviyo.events(METRIC) == []


async def test_bulk_triggers_flows_and_backfill_alone_stops_it(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC)
    for phone in (PHONE, OTHER_PHONE, number(1)):
        klaviyo.opt_in(phone)
    await caller.bulk(entry(), entry(OTHER_PHONE, backfill=True), entry(number(1), backfill=False))
    clock.advance(1)
    klaviyo.settle()
    assert phones.counts() == {PHONE: 1, number(1): 1}


async def test_one_person_may_have_several_events(caller, klaviyo, clock):
    one = entry()
    one["attributes"]["events"]["data"].append({"type": "event", "attributes": facts("u2", backfill=True)})
    assert (await caller.bulk(one)).status_code == 202
    clock.advance(1)
    assert [event.unique_id for event in klaviyo.events(METRIC)] == ["u1", "u2"]


async def test_a_bad_phone_beside_an_email_is_dropped_with_the_header(caller):
    answer = await caller.bulk(entry(), entry(profile=person("0123", email="sarah@shop.example")))
    assert answer.status_code == 202
    assert answer.headers["x-klaviyo-partial-failure"] == "phone_number"


async def test_a_job_over_five_megabytes_is_refused(caller):
    body = orjson.dumps(bulk(*[entry(number(n), properties={"text": "x" * 90_000}) for n in range(60)]))
    assert (await caller.post("/api/event-bulk-create-jobs", body)).status_code == 400
