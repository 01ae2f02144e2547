"""POST /oauth/token and /oauth/revoke: codes, the end of an install, and faults."""

import asyncio

import httpx
import pytest

from saleor_stoq_app.sandbox.klaviyo import drop, error, html
from tests.sandbox.klaviyo.apps import (
    CALLBACK,
    FORM,
    SCOPES,
    add_app,
    ask_token,
    basic,
    connect,
    exchange,
    link,
    refresh,
    revoke,
    said,
    told,
    works,
)


@pytest.fixture
def app(klaviyo):
    return add_app(klaviyo)


@pytest.fixture
def code(klaviyo, app):
    return told(klaviyo.allow(link()))["code"]


async def test_a_code_becomes_tokens_with_the_granted_scopes(caller, code):
    answer = await exchange(caller.http, code)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    assert tokens["scope"].split() == SCOPES.split()
    assert await works(caller, tokens["access_token"])


async def test_fewer_scopes_may_be_granted_than_asked(caller, klaviyo, app):
    tokens = await connect(klaviyo, caller.http, scopes=["accounts:read", "events:write"])
    assert tokens["scope"] == "accounts:read events:write"


async def test_the_page_can_withhold_scopes_too(caller, klaviyo, app):
    klaviyo.withheld_scopes = ["flows:read", "flows:write"]
    assert klaviyo.withheld_scopes == {"flows:read", "flows:write"}
    clicked = await caller.http.post(link(), data={"decision": "allow"})
    tokens = (await exchange(caller.http, told(clicked.headers["location"])["code"])).json()
    assert tokens["scope"] == "accounts:read events:write metrics:read"


async def test_a_code_works_once(caller, code):
    first = await exchange(caller.http, code)
    assert said(await exchange(caller.http, code))[0] == "invalid_grant"
    assert await works(caller, first.json()["access_token"])


async def test_a_code_lives_for_minutes(caller, clock, code):
    clock.advance(300)
    assert said(await exchange(caller.http, code))[0] == "invalid_grant"


async def test_a_code_is_good_for_its_own_app_and_address_only(caller, klaviyo, app):
    add_app(klaviyo, "other", "Another app")
    for wrong in ({"headers": basic("other")}, {"redirect_uri": f"{CALLBACK}2"}, {"code": "unknown"}):
        code = told(klaviyo.allow(link()))["code"]
        assert said(await exchange(caller.http, **{"code": code} | wrong))[0] == "invalid_grant"


@pytest.mark.parametrize("verifier", ["", "short", "v" * 129, "ü" * 43])
async def test_a_verifier_that_is_none_is_refused_and_costs_nothing(caller, code, verifier):
    assert said(await exchange(caller.http, code, code_verifier=verifier))[1] == 'Invalid "code_verifier"'
    assert (await exchange(caller.http, code)).status_code == 200


async def test_a_wrong_verifier_fails_the_challenge(caller, code):
    answer = await exchange(caller.http, code, code_verifier="w" * 43)
    assert said(answer) == ("invalid_grant", "Code challenge failed.")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("nobody"),
        basic(secret="wrong"),
        {"authorization": "Basic ???"},
        {"authorization": basic()["authorization"].replace("Basic", "Bearer")},
    ],
)
async def test_only_the_app_itself_is_served(caller, code, headers):
    answer = await exchange(caller.http, code, headers)
    assert said(answer, 401)[0] == "invalid_client"
    assert answer.headers["www-authenticate"] == "Basic"
    assert said(await revoke(caller.http, "x", headers), 401)[0] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, "invalid_grant_type"),
        ({"grant_type": "client_credentials"}, "invalid_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
        ({"grant_type": "authorization_code", "redirect_uri": CALLBACK}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
    ],
)
async def test_forms_that_ask_for_nothing_sensible_are_refused(caller, app, form, expected):
    content = str(httpx.QueryParams(form)).encode()
    answer = await caller.http.post("/oauth/token", content=content, headers=basic() | FORM)
    assert said(answer)[0] == expected


async def test_the_body_is_a_form_with_each_parameter_once(caller, app):
    answer = await caller.http.post("/oauth/token", json={"grant_type": "refresh_token"}, headers=basic())
    assert said(answer)[0] == "invalid_grant_type"
    content = b"grant_type=refresh_token&refresh_token=a&refresh_token=b"
    answer = await caller.http.post("/oauth/token", content=content, headers=basic() | FORM)
    assert said(answer)[0] == "invalid_request"


async def test_token_traffic_is_blocked_at_the_old_host(caller, code):
    for path in ("token", "revoke"):
        answer = await caller.http.post(f"https://www.klaviyo.com/oauth/{path}", headers=basic())
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_revoking_uninstalls_the_app_in_that_account(caller, klaviyo, app, kind):
    other = await connect(klaviyo, caller.http, account=klaviyo.add_account("Other Shop"))
    first, second = await connect(klaviyo, caller.http), await connect(klaviyo, caller.http)
    answer = await revoke(caller.http, first[kind])
    assert (answer.status_code, answer.content) == (200, b"")
    for tokens in (first, second):
        assert not await works(caller, tokens["access_token"])
        assert said(await refresh(caller.http, tokens["refresh_token"]))[0] == "invalid_grant"
    assert await works(caller, other["access_token"])


async def test_revoking_nothing_is_well_and_another_apps_token_is_not(caller, klaviyo, app):
    add_app(klaviyo, "other", "Another app")
    tokens = await connect(klaviyo, caller.http)
    assert (await revoke(caller.http, "unknown")).status_code == 200
    assert said(await revoke(caller.http, tokens["refresh_token"], basic("other")))[0] == "invalid_grant"
    assert said(await revoke(caller.http, ""))[0] == "invalid_request"
    assert await works(caller, tokens["access_token"])


async def test_an_app_uninstalled_at_klaviyo_is_told_nothing(caller, klaviyo, app):
    tokens = await connect(klaviyo, caller.http)
    klaviyo.uninstall(app, klaviyo.account)
    assert not await works(caller, tokens["access_token"])
    assert said(await refresh(caller.http, tokens["refresh_token"]))[0] == "invalid_grant"
    again = await connect(klaviyo, caller.http)
    assert await works(caller, again["access_token"])


async def test_another_account_signs_in_and_the_tokens_are_for_that_one(caller, klaviyo, app):
    other = klaviyo.add_account("Other Shop")
    klaviyo.signed_in = other
    tokens = await connect(klaviyo, caller.http)
    caller.speak_with(tokens["access_token"])
    (shown,) = (await caller.get("/api/accounts")).json()["data"]
    assert shown["id"] == other.id
    tokens = await connect(klaviyo, caller.http, account=klaviyo.account)
    caller.speak_with(tokens["access_token"])
    (shown,) = (await caller.get("/api/accounts")).json()["data"]
    assert shown["id"] == klaviyo.account.id


async def test_faults_happen_at_the_token_endpoint_too(caller, klaviyo, code):
    klaviyo.fail("/oauth/token", html(502))
    klaviyo.fail("POST /oauth/token", error(500))
    assert [(await exchange(caller.http, code)).status_code for _ in range(3)] == [500, 502, 200]
    assert klaviyo.calls["POST /oauth/token"] == 3
    assert klaviyo.answers["POST /oauth/token", 200] == 1


@pytest.mark.parametrize(("acts", "status"), [(False, 200), (True, 400)])
async def test_an_answer_with_tokens_may_get_lost(caller, klaviyo, code, acts, status):
    klaviyo.fail("/oauth/token", drop(acts=acts))
    with pytest.raises(httpx.RemoteProtocolError):
        await exchange(caller.http, code)
    assert (await exchange(caller.http, code)).status_code == status


async def test_a_gate_stands_before_the_tokens(caller, klaviyo, app):
    tokens = await connect(klaviyo, caller.http)
    hold = klaviyo.hold("POST /oauth/token")
    waiting = asyncio.create_task(refresh(caller.http, tokens["refresh_token"]))
    await hold.reached()
    klaviyo.uninstall(app)
    hold.release()
    assert said(await waiting)[0] == "invalid_grant"


async def test_faults_happen_on_the_page_and_at_revocation(caller, klaviyo, app):
    klaviyo.fail("GET /oauth/authorize", html(503))
    klaviyo.fail("/oauth/revoke", error(503))
    assert (await caller.http.get(link())).status_code == 503
    assert (await caller.http.get(link())).status_code == 200
    assert (await revoke(caller.http, "x")).status_code == 503


async def test_a_form_of_strange_bytes_is_refused(caller, app):
    answer = await caller.http.post("/oauth/token", content=b"\xff=\xfe", headers=basic() | FORM)
    assert said(answer)[0] == "invalid_grant_type"
    assert said(await ask_token(caller.http, {"grant_type": ""}))[0] == "invalid_grant_type"
