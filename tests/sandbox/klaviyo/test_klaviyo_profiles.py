"""Profiles: found by identifier, imported at once, never two people in one."""

import pytest

from tests.sandbox.klaviyo.calls import OTHER_PHONE, PHONE, person, problem


async def test_profiles_are_found_by_phone_one_or_many(caller, klaviyo):
    for phone in (PHONE, OTHER_PHONE, "+12125550101"):
        klaviyo.opt_in(phone)
    one = await caller.all("/api/profiles", filter=f'equals(phone_number,"{PHONE}")')
    assert [found["attributes"]["phone_number"] for found in one] == [PHONE]
    many = await caller.all(
        "/api/profiles", filter=f'any(phone_number,["{OTHER_PHONE}","{PHONE}","+19995550100"])'
    )
    assert {found["attributes"]["phone_number"] for found in many} == {PHONE, OTHER_PHONE}
    assert await caller.all("/api/profiles", filter=f'any(id,["{one[0]["id"]}","01NOBODY"])') == one


async def test_profiles_come_twenty_a_page_and_a_hundred_at_most(caller, klaviyo, clock):
    for n in range(101):
        klaviyo.opt_in(f"+1212555{n:04d}")
        clock.advance(1)
    assert len((await caller.get("/api/profiles")).json()["data"]) == 20
    assert len(await caller.all("/api/profiles", **{"page[size]": "100"})) == 101
    assert (await caller.get("/api/profiles", **{"page[size]": "101"})).status_code == 400
    newest = (await caller.get("/api/profiles", sort="-created")).json()["data"][0]
    assert newest["attributes"]["phone_number"] == "+12125550100"


async def test_an_import_creates_and_then_updates_at_once(caller):
    made = await caller.post("/api/profile-import", person(first_name="Sarah", properties={"a": 1}))
    assert made.status_code == 201
    again = await caller.post(
        "/api/profile-import", person(locale="en-US", first_name=None, properties={"b": 2})
    )
    assert again.status_code == 200
    assert again.json()["data"]["id"] == made.json()["data"]["id"]
    shown = again.json()["data"]["attributes"]
    assert (shown["first_name"], shown["locale"], shown["properties"]) == (None, "en-US", {"a": 1, "b": 2})
    (found,) = await caller.all("/api/profiles", filter=f'equals(phone_number,"{PHONE}")')
    assert found["id"] == made.json()["data"]["id"]


async def test_an_import_by_id_changes_an_identifier(caller):
    body = person()
    made = (await caller.post("/api/profile-import", body)).json()["data"]["id"]
    body["data"] |= {"id": made}
    body["data"]["attributes"] = {"phone_number": OTHER_PHONE}
    assert (await caller.post("/api/profile-import", body)).status_code == 200
    assert await caller.all("/api/profiles", filter=f'equals(phone_number,"{PHONE}")') == []
    body["data"]["attributes"] = {"phone_number": None, "email": "sarah@shop.example"}
    assert (await caller.post("/api/profile-import", body)).status_code == 200
    assert await caller.all("/api/profiles", filter=f'equals(phone_number,"{OTHER_PHONE}")') == []
    body["data"]["id"] = "01NOBODY"
    assert (await caller.post("/api/profile-import", body)).status_code == 404


async def test_identifiers_of_two_people_are_a_conflict(caller):
    sarah = (await caller.post("/api/profile-import", person())).json()["data"]["id"]
    await caller.post("/api/profile-import", person(None, email="kim@shop.example"))
    answer = await caller.post("/api/profile-import", person(email="kim@shop.example"))
    assert answer.status_code == 409
    told = problem(answer)
    assert told["code"] == "duplicate_profile"
    assert told["meta"] == {"duplicate_profile_id": sarah}


@pytest.mark.parametrize(
    "body",
    [
        person("0123"),
        person(None, first_name="Nobody"),
        person(phone="+15005550006", anonymous_id="x"),
        person(phone="+15005550006", properties={"text": "x" * 100_000}),
        {"data": {"type": "person", "attributes": {}}},
    ],
)
async def test_an_import_that_breaks_a_rule_is_refused(caller, body):
    assert (await caller.post("/api/profile-import", body)).status_code == 400
