"""POST /api/events: what is taken, what is refused, and what is dropped in silence."""

import pytest

from tests.sandbox.klaviyo.calls import METRIC, OTHER_PHONE, PHONE, event, person, problem


async def test_an_event_is_taken_without_a_word_and_recorded_later(caller, klaviyo, clock):
    answer = await caller.event(value=19.9, value_currency="USD")
    assert (answer.status_code, answer.content) == (202, b"")
    assert "content-type" not in answer.headers
    assert klaviyo.events(METRIC) == []
    clock.advance(1)
    (recorded,) = klaviyo.events(METRIC)
    assert recorded.phone == PHONE
    assert recorded.unique_id == "u1"
    assert recorded.properties == {
        "title_incl_variant": "Floral Shirt - Medium",
        "$event_id": "u1",
        "$value": 19.9,
        "$value_currency": "USD",
    }


async def test_the_first_of_a_unique_id_wins_and_repeats_are_dropped_in_silence(caller, klaviyo, clock):
    for title in ("first", "second"):
        answer = await caller.event(properties={"title": title})
        assert answer.status_code == 202
    clock.advance(1)
    assert (await caller.event(properties={"title": "third"})).status_code == 202
    clock.advance(1)
    assert [one.properties["title"] for one in klaviyo.events(METRIC)] == ["first"]


async def test_a_unique_id_is_one_persons_in_one_metric(caller, klaviyo, clock):
    await caller.event()
    await caller.event(phone=OTHER_PHONE)
    await caller.event(metric="Another")
    clock.advance(1)
    assert len(klaviyo.events(METRIC)) == 2
    assert len(klaviyo.events("Another")) == 1


async def test_without_a_unique_id_two_events_of_a_second_collapse(caller, klaviyo, clock):
    await caller.event(unique_id=None)
    await caller.event(unique_id=None)
    clock.advance(1)
    await caller.event(unique_id=None)
    clock.advance(1)
    assert [one.unique_id for one in klaviyo.events(METRIC)] == ["1795424400", "1795424401"]


async def test_the_time_is_cut_to_seconds(caller, klaviyo, clock):
    await caller.event(time="2026-11-23T08:59:30.900000+00:00")
    clock.advance(1)
    assert klaviyo.events(METRIC)[0].at == 1795424370


@pytest.mark.parametrize(
    "time",
    [
        "1989-12-31T00:00:00+00:00",
        "2028-01-01T00:00:00+00:00",
        "2026-11-23T09:00:00",
        "1795424400",
        "soon",
        1795424400,
    ],
)
async def test_a_time_out_of_reach_or_shape_is_refused(caller, time):
    answer = await caller.event(time=time)
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": "/data/attributes/time"}


@pytest.mark.parametrize(
    "phone", ["0123", "15005550006", "+1500555", "+447700900123", "+1 500 555 0006", "+999123456789"]
)
async def test_an_invalid_phone_alone_is_refused(caller, phone):
    answer = await caller.event(phone=phone)
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": "/data/attributes/profile/data/attributes/phone_number"}


async def test_beside_an_email_a_bad_phone_is_dropped_and_only_a_header_says_so(caller, klaviyo, clock):
    answer = await caller.post("/api/events", event(profile=person("0123", email="sarah@shop.example")))
    assert answer.status_code == 202
    assert answer.headers["x-klaviyo-partial-failure"] == "phone_number"
    clock.advance(1)
    (recorded,) = klaviyo.events(METRIC)
    assert recorded.phone is None
    assert recorded.profile.email == "sarah@shop.example"


async def test_a_good_phone_is_not_reported(caller):
    answer = await caller.post("/api/events", event(profile=person(email="sarah@shop.example")))
    assert "x-klaviyo-partial-failure" not in answer.headers


async def test_an_event_of_nobody_is_refused(caller):
    answer = await caller.post("/api/events", event(profile=person(None, first_name="Sarah")))
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": "/data/attributes/profile/data"}


async def test_an_unknown_profile_id_is_refused(caller):
    profile = person()
    profile["data"]["id"] = "01NOBODY"
    answer = await caller.post("/api/events", event(profile=profile))
    assert answer.status_code == 400


async def test_a_known_profile_id_names_the_person(caller, klaviyo, clock):
    made = (await caller.post("/api/profile-import", person())).json()["data"]["id"]
    profile = person(None)
    profile["data"]["id"] = made
    assert (await caller.post("/api/events", event(profile=profile))).status_code == 202
    clock.advance(1)
    assert klaviyo.events(METRIC)[0].phone == PHONE


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"uniqueId": "x"}, "/data/attributes/uniqueId"),
        ({"value": "19.90"}, "/data/attributes/value"),
        ({"value": True}, "/data/attributes/value"),
        ({"value_currency": "dollars"}, "/data/attributes/value_currency"),
        ({"unique_id": ""}, "/data/attributes/unique_id"),
        ({"unique_id": "x" * 256}, "/data/attributes/unique_id"),
        ({"backfill": "yes"}, "/data/attributes/backfill"),
        ({"properties": []}, "/data/attributes/properties"),
        ({"properties": {str(n): n for n in range(401)}}, "/data/attributes/properties"),
        ({"properties": {"text": "x" * 100_001}}, "/data/attributes/properties"),
        ({"properties": {"text": "é" * 50_001}}, "/data/attributes/properties"),
        ({"properties": {"list": [0] * 4001}}, "/data/attributes/properties"),
        (
            {"metric": {"data": {"type": "metric", "attributes": {"name": ""}}}},
            "/data/attributes/metric/data/attributes/name",
        ),
        (
            {"metric": {"data": {"type": "metric", "attributes": {"name": "x" * 128}}}},
            "/data/attributes/metric/data/attributes/name",
        ),
        (
            {"metric": {"data": {"type": "metric", "id": "x", "attributes": {"name": "x"}}}},
            "/data/attributes/metric/data/id",
        ),
        ({"profile": person(phone_number="")}, "/data/attributes/profile/data/attributes/phone_number"),
        (
            {"profile": person(phone="+15005550006", email="not an address")},
            "/data/attributes/profile/data/attributes/email",
        ),
        (
            {"profile": person(phone="+15005550006", colour="red")},
            "/data/attributes/profile/data/attributes/colour",
        ),
    ],
)
async def test_what_breaks_the_contract_is_refused_with_a_pointer(caller, change, pointer):
    body = event()
    body["data"]["attributes"] |= change
    answer = await caller.post("/api/events", body)
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"pointer": pointer}


@pytest.mark.parametrize("missing", ["properties", "metric", "profile"])
async def test_what_is_required_is_demanded(caller, missing):
    body = event()
    del body["data"]["attributes"][missing]
    answer = await caller.post("/api/events", body)
    assert answer.status_code == 400
    assert problem(answer)["detail"] == f"'{missing}' is a required field for this resource."


async def test_properties_may_nest_ten_levels_and_no_more(caller):
    def nested(levels):
        return {"a": nested(levels - 1)} if levels > 1 else {"a": 1}

    assert (await caller.event(unique_id="ten", properties=nested(10))).status_code == 202
    assert (await caller.event(unique_id="eleven", properties=nested(11))).status_code == 400


async def test_an_event_updates_its_profile_and_never_steals_an_identifier(caller, klaviyo, clock):
    await caller.post("/api/events", event(profile=person(first_name="Sarah", last_name="Lee")))
    await caller.post(
        "/api/events", event(OTHER_PHONE, profile=person(OTHER_PHONE, email="kim@shop.example"))
    )
    clock.advance(1)
    await caller.post(
        "/api/events", event(unique_id="u2", profile=person(first_name="Sally", last_name=None))
    )
    stolen = person(PHONE, email="kim@shop.example")
    await caller.post("/api/events", event(unique_id="u3", profile=stolen))
    clock.advance(1)
    klaviyo.settle()
    sarah = klaviyo.account.profiles.with_phone(PHONE)
    assert (sarah.facts["first_name"], sarah.facts["last_name"]) == ("Sally", None)
    kim = klaviyo.account.profiles.with_phone(OTHER_PHONE)
    assert kim.email == "kim@shop.example"
    assert klaviyo.events(METRIC)[-1].profile is kim


async def test_a_backfilled_event_is_recorded_and_triggers_nothing(caller, klaviyo, clock, phones):
    klaviyo.add_flow(METRIC)
    klaviyo.opt_in(PHONE)
    await caller.event(backfill=True)
    clock.advance(1)
    assert len(klaviyo.events(METRIC)) == 1
    assert phones.total() == 0
    assert klaviyo.skips == []


async def test_null_is_taken_where_the_contract_allows_it(caller):
    answer = await caller.event(time=None, value=None, value_currency=None, backfill=None)
    assert answer.status_code == 202
