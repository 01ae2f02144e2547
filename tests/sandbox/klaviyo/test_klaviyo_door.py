"""Who is let in: keys, scopes, revisions, paths, methods, media types and sizes."""

import pytest

from tests.sandbox.klaviyo.calls import PHONE, event, problem


async def test_an_unknown_key_is_refused_in_the_recorded_words(caller):
    answer = await caller.get("/api/accounts", headers={"authorization": "Klaviyo-API-Key pk_unknown"})
    assert answer.status_code == 401
    told = problem(answer)
    assert told["code"] == "authentication_failed"
    assert told["detail"] == "Incorrect authentication credentials."
    assert told["source"] == {"pointer": "/data/"}


@pytest.mark.parametrize("header", ["", "Bearer {key}", "{key}"])
async def test_a_key_counts_only_under_its_own_scheme(caller, klaviyo, header):
    answer = await caller.get("/api/accounts", headers={"authorization": header.format(key=klaviyo.api_key)})
    assert answer.status_code == 401


async def test_a_revoked_key_is_refused(caller, klaviyo):
    klaviyo.revoke(klaviyo.api_key)
    assert (await caller.get("/api/accounts")).status_code == 401


async def test_a_missing_scope_is_refused_by_name_of_nothing(caller, klaviyo):
    klaviyo.revoke_scope(klaviyo.api_key, "events:write")
    answer = await caller.event()
    assert answer.status_code == 403
    assert problem(answer)["code"] == "permission_denied"


async def test_flow_triggers_need_both_scopes(caller, klaviyo):
    flow = klaviyo.add_flow("M")
    klaviyo.revoke_scope(klaviyo.api_key, "flows:read")
    assert (await caller.get(f"/api/metrics/{flow.metric_id}")).status_code == 200
    assert (await caller.get(f"/api/metrics/{flow.metric_id}/flow-triggers")).status_code == 403


@pytest.mark.parametrize("revision", ["", "2020-01-01"])
async def test_a_revision_of_the_contract_is_demanded(caller, revision):
    answer = await caller.get("/api/accounts", headers={"revision": revision})
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"header": "revision"}


async def test_the_answer_names_the_revision_it_speaks(caller):
    answer = await caller.get("/api/accounts", headers={"revision": "2026-10-15"})
    assert answer.headers["x-klaviyo-api-revision"] == "2026-10-15"


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/api/metrics/a/b/c"])
async def test_a_path_that_nobody_knows_is_not_found(caller, path):
    answer = await caller.get(path)
    assert answer.status_code == 404
    assert problem(answer)["code"] == "not_found"


async def test_a_wrong_method_is_refused(caller):
    answer = await caller.post("/api/metrics", {})
    assert answer.status_code == 405
    assert problem(answer)["code"] == "method_not_allowed"


async def test_a_trailing_slash_is_let_through_as_links_carry_it(caller):
    assert (await caller.get("/api/accounts/")).status_code == 200


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", ""])
async def test_only_the_media_type_of_the_contract_is_taken(caller, media_type):
    answer = await caller.post("/api/events", event(), headers={"content-type": media_type})
    assert answer.status_code == 415


async def test_a_compressed_body_is_not_taken(caller):
    answer = await caller.post("/api/events", event(), headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


async def test_parameters_of_the_media_type_do_not_matter(caller):
    media_type = "application/vnd.api+json; charset=utf-8"
    answer = await caller.post("/api/events", event(), headers={"content-type": media_type})
    assert answer.status_code == 202


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"data": NaN}'])
async def test_what_is_no_json_is_refused(caller, body):
    answer = await caller.post("/api/events", body)
    assert answer.status_code == 400
    assert "JSON" in problem(answer)["detail"]


async def test_a_body_over_five_megabytes_is_refused(caller):
    assert (await caller.post("/api/events", b" " * 5_000_001)).status_code == 400


async def test_an_unknown_query_parameter_is_refused(caller):
    answer = await caller.get("/api/accounts", color="red")
    assert answer.status_code == 400
    assert problem(answer)["source"] == {"parameter": "color"}


async def test_calls_and_answers_are_counted_by_operation(caller, klaviyo):
    await caller.event()
    await caller.event(phone="no phone")
    assert klaviyo.calls["POST /api/events"] == 2
    assert klaviyo.answers["POST /api/events", 202] == 1
    assert klaviyo.answers["POST /api/events", 400] == 1


async def test_accounts_share_nothing(caller, klaviyo, clock):
    other = klaviyo.add_account("Other Shop")
    key = klaviyo.add_key(account=other)
    await caller.event()
    clock.advance(60)
    assert len(klaviyo.events("Back in stock SMS alert (STOQ)")) == 1
    assert klaviyo.events("Back in stock SMS alert (STOQ)", account=other) == []
    headers = {"authorization": f"Klaviyo-API-Key {key}"}
    assert (await caller.get("/api/events", headers=headers)).json()["data"] == []
    shown = (await caller.get("/api/accounts", headers=headers)).json()["data"][0]
    assert shown["id"] == other.id != klaviyo.account.id
    assert shown["attributes"]["contact_information"]["organization_name"] == "Other Shop"
    assert other.profiles.with_phone(PHONE) is None
