"""What can be read back, how late, in which order and in which pages."""

import pytest

from saleor_stoq_app.sandbox.klaviyo import API, Integration, SandboxKlaviyo
from tests.sandbox.klaviyo.calls import METRIC, OTHER_PHONE, PHONE, entry, problem

APP = Integration("9Xy1Zz", "stoq", "STOQ for Saleor", "App")


@pytest.fixture
async def metric_id(caller, klaviyo, clock):
    """Two events, an hour apart, listed long ago."""
    await caller.event(unique_id="u1", time="2026-11-23T07:00:00+00:00")
    await caller.event(OTHER_PHONE, unique_id="u2", time="2026-11-23T08:00:00+00:00")
    clock.advance(60)
    return klaviyo.events(METRIC)[0].metric.id


def ids(data):
    return [one["attributes"]["event_properties"]["$event_id"] for one in data]


async def test_an_event_is_listed_some_seconds_after_it_was_taken(caller, clock):
    await caller.event()
    for seconds, listed in ((0, []), (5.9, []), (0.1, ["u1"])):
        clock.advance(seconds)
        assert ids(await caller.all("/api/events")) == listed


async def test_events_show_who_what_and_when(caller, klaviyo, metric_id):
    answer = await caller.get(
        "/api/events", filter=f'equals(metric_id,"{metric_id}")', include="profile,metric"
    )
    first = answer.json()["data"][0]
    assert first["attributes"]["datetime"] == "2026-11-23T08:00:00+00:00"
    assert first["attributes"]["timestamp"] == 1795420800
    assert first["relationships"]["metric"]["data"] == {"type": "metric", "id": metric_id}
    included = {one["id"]: one for one in answer.json()["included"]}
    assert included[metric_id]["attributes"]["name"] == METRIC
    who = included[first["relationships"]["profile"]["data"]["id"]]
    assert who["attributes"]["phone_number"] == OTHER_PHONE


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, ["u2", "u1"]),
        ("-datetime", ["u2", "u1"]),
        ("datetime", ["u1", "u2"]),
        ("timestamp", ["u1", "u2"]),
    ],
)
async def test_events_come_newest_first_unless_asked(caller, metric_id, sort, expected):
    asked = {"sort": sort} if sort else {}
    assert ids(await caller.all("/api/events", **asked)) == expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("greater-or-equal(datetime,2026-11-23T08:00:00Z)", ["u2"]),
        ("greater-than(datetime,2026-11-23T08:00:00Z)", []),
        ("greater-than(datetime,2026-11-23T07:59:59.500+00:00)", ["u2"]),
        ("less-than(datetime,2026-11-23T08:00:00Z)", ["u1"]),
        ("less-or-equal(datetime,2026-11-23T08:00:00Z)", ["u2", "u1"]),
        ("greater-than(datetime,2026-11-23T06:00:00Z),less-than(datetime,2026-11-23T07:30:00Z)", ["u1"]),
        ("less-than(timestamp,1795420800)", ["u1"]),
    ],
)
async def test_events_are_narrowed_by_time(caller, metric_id, conditions, expected):
    asked = f'equals(metric_id,"{metric_id}"),{conditions}'
    assert ids(await caller.all("/api/events", filter=asked)) == expected


async def test_an_event_that_comes_late_stands_at_its_own_time(caller, clock, metric_id):
    await caller.event(unique_id="between", time="2026-11-23T07:30:00Z")
    clock.advance(60)
    assert ids(await caller.all("/api/events")) == ["u2", "between", "u1"]


async def test_events_are_narrowed_by_profile(caller, klaviyo, metric_id):
    profile = klaviyo.account.profiles.with_phone(PHONE)
    assert ids(await caller.all("/api/events", filter=f'equals(profile_id,"{profile.id}")')) == ["u1"]


async def test_an_unknown_metric_has_no_events_and_a_malformed_id_is_refused(caller, metric_id):
    assert await caller.all("/api/events", filter='equals(metric_id,"NoSuch")') == []
    answer = await caller.get("/api/events", filter='equals(metric_id,"no such metric")')
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "asked", ['any(metric_id,["RK9XjM"])', 'equals(unique_id,"u1")', "greater-than(datetime,now)"]
)
async def test_events_take_no_other_filter(caller, asked):
    answer = await caller.get("/api/events", filter=asked)
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"parameter": "filter"}


@pytest.mark.parametrize("sort", ["datetime", "-datetime"])
async def test_pages_hold_every_event_once_also_when_times_are_equal(caller, klaviyo, clock, sort):
    phones = [f"+1212555{n:04d}" for n in range(7)]
    await caller.bulk(*[entry(phone, f"u{phone}") for phone in phones])
    clock.advance(60)
    found = await caller.all("/api/events", sort=sort, **{"page[size]": "3"})
    expected = [f"u{phone}" for phone in phones]
    assert ids(found) == (expected if sort == "datetime" else expected[::-1])


async def test_an_event_that_arrives_between_pages_disturbs_nobody(caller, clock):
    for n in range(4):
        await caller.event(unique_id=f"u{n}", time=f"2026-11-23T0{n}:00:00Z")
    clock.advance(60)
    page = (await caller.get("/api/events", **{"page[size]": "2"})).json()
    await caller.event(unique_id="late")
    clock.advance(60)
    rest = (await caller.http.get(page["links"]["next"], headers=caller.headers)).json()
    assert ids(page["data"] + rest["data"]) == ["u3", "u2", "u1", "u0"]
    assert rest["links"]["next"] is None


async def test_a_page_holds_two_hundred_unless_asked_and_a_thousand_at_most(caller, clock):
    await caller.bulk(*[entry(f"+1212555{n:04d}", f"u{n}") for n in range(1000)])
    clock.advance(60)
    assert len((await caller.get("/api/events")).json()["data"]) == 200
    assert len((await caller.get("/api/events", **{"page[size]": "1000"})).json()["data"]) == 1000
    assert (await caller.get("/api/events", **{"page[size]": "1001"})).status_code == 400


@pytest.mark.parametrize("path", ["/api/events", "/api/metrics"])
@pytest.mark.parametrize("cursor", ["???", "bm90IGpzb24=", "eyJhIjoxfQ==", "WzEsImEiXQ==", "ImEi"])
async def test_a_made_up_cursor_is_refused(caller, path, cursor):
    answer = await caller.get(path, **{"page[cursor]": cursor})
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"parameter": "page[cursor]"}


async def test_only_the_asked_fields_are_shown(caller, metric_id):
    shown = await caller.all("/api/events", **{"fields[event]": "event_properties"})
    assert all(set(one["attributes"]) == {"event_properties"} for one in shown)


async def test_a_metric_is_listed_late_after_its_first_event(caller, clock):
    await caller.event()
    for seconds, names in ((20.9, []), (0.1, [METRIC])):
        clock.advance(seconds)
        assert [one["attributes"]["name"] for one in await caller.all("/api/metrics")] == names


async def test_the_same_name_of_another_integration_is_another_metric(caller, klaviyo, clock):
    app_key = klaviyo.add_key(integration=APP)
    await caller.event()
    caller.headers["authorization"] = f"Klaviyo-API-Key {app_key}"
    await caller.event()
    clock.advance(60)
    assert len(klaviyo.events(METRIC)) == 2
    asked = f'equals(integration.name,"{APP.name}")'
    (own,) = await caller.all("/api/metrics", filter=asked)
    assert own["attributes"]["integration"]["key"] == "stoq"
    (other,) = await caller.all("/api/metrics", filter=f'equals(integration.name,"{API.name}")')
    assert (other["attributes"]["name"], other["id"] != own["id"]) == (METRIC, True)


async def test_the_category_filter_answers_nothing_as_recorded(caller, klaviyo):
    klaviyo.add_flow("M")
    assert await caller.all("/api/metrics", filter='equals(integration.category,"API")') == []


async def test_metrics_take_no_page_size_and_no_name(caller):
    assert (await caller.get("/api/metrics", **{"page[size]": "10"})).status_code == 400
    assert (await caller.get("/api/metrics", filter='equals(name,"x")')).status_code == 400


async def test_metrics_come_in_pages_of_two_hundred(caller, klaviyo):
    for n in range(201):
        klaviyo.add_flow(f"M{n}")
    assert len((await caller.get("/api/metrics")).json()["data"]) == 200
    assert len(await caller.all("/api/metrics")) == 201


async def test_a_metric_is_shown_with_the_flows_that_it_triggers(caller, klaviyo):
    flow = klaviyo.add_flow(METRIC)
    draft = klaviyo.add_flow(METRIC, status="draft", name="Another")
    answer = (await caller.get(f"/api/metrics/{flow.metric_id}", include="flow-triggers")).json()
    triggers = answer["data"]["relationships"]["flow-triggers"]["data"]
    assert triggers == [{"type": "flow", "id": flow.id}, {"type": "flow", "id": draft.id}]
    assert [one["attributes"]["status"] for one in answer["included"]] == ["live", "draft"]
    shown = await caller.all(f"/api/metrics/{flow.metric_id}/flow-triggers")
    assert [one["id"] for one in shown] == [flow.id, draft.id]


@pytest.mark.parametrize("suffix", ["", "/flow-triggers"])
async def test_an_unknown_metric_is_not_found_and_a_malformed_id_refused(caller, clock, suffix):
    answer = await caller.get(f"/api/metrics/NOPE01{suffix}")
    assert answer.status_code == 404
    assert problem(answer)["detail"] == "Metric with id NOPE01 does not exist."
    clock.advance(1)
    assert (await caller.get(f"/api/metrics/no-such-metric{suffix}")).status_code == 400


async def test_a_flow_is_found_by_its_exact_name(caller, klaviyo):
    flow = klaviyo.add_flow(METRIC, name="STOQ - Back in stock SMS alert (STOQ)")
    klaviyo.add_flow(METRIC, name="stoq - back in stock sms alert (stoq)")
    asked = (
        'equals(name,"STOQ - Back in stock SMS alert (STOQ)"),equals(archived,false),equals(status,"live")'
    )
    (found,) = await caller.all("/api/flows", filter=asked)
    assert found["id"] == flow.id
    assert "definition" not in found["attributes"]


async def test_flows_come_sorted_and_in_pages_of_fifty_at_most(caller, klaviyo, clock):
    for n in range(51):
        klaviyo.add_flow(METRIC, name=f"Flow {n:02d}")
    names = [one["attributes"]["name"] for one in await caller.all("/api/flows", sort="-name")]
    assert names == [f"Flow {n:02d}" for n in range(50, -1, -1)]
    clock.advance(1)
    assert (await caller.get("/api/flows", **{"page[size]": "51"})).status_code == 400


async def test_a_flow_shows_its_definition_only_when_asked(caller, klaviyo):
    flow = klaviyo.add_flow(METRIC, action_status="draft")
    plain = (await caller.get(f"/api/flows/{flow.id}")).json()["data"]["attributes"]
    assert "definition" not in plain
    answer = await caller.get(f"/api/flows/{flow.id}", **{"additional-fields[flow]": "definition"})
    definition = answer.json()["data"]["attributes"]["definition"]
    assert definition["triggers"] == [{"type": "metric", "id": flow.metric_id, "trigger_filter": None}]
    assert definition["actions"][0]["data"]["status"] == "draft"


async def test_an_unknown_flow_is_not_found(caller):
    answer = await caller.get("/api/flows/NOPE01")
    assert answer.status_code == 404
    assert problem(answer)["detail"] == "A flow with id NOPE01 does not exist."


async def test_lists_are_found_by_name_and_come_ten_a_page(caller, klaviyo):
    for n in range(11):
        klaviyo.add_list(f"List {n}")
    assert len(await caller.all("/api/lists")) == 11
    (found,) = await caller.all("/api/lists", filter='equals(name,"List 3")')
    assert found["attributes"]["opt_in_process"] == "single_opt_in"
    assert (await caller.get("/api/lists", **{"page[size]": "11"})).status_code == 400


async def test_the_double_is_the_same_in_every_run_of_a_seed(clock, phones):
    first, second, other = (SandboxKlaviyo(clock, phones, seed=seed) for seed in (1, 1, 2))
    assert first.api_key == second.api_key != other.api_key
    assert first.account.id == second.account.id
