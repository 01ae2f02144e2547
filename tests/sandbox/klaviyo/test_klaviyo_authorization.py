"""GET and POST /oauth/authorize: the page, what it refuses, and where a click leads."""

import pytest

from saleor_stoq_app.sandbox.klaviyo.operations import ALL_SCOPES
from saleor_stoq_app.sandbox.klaviyo.scopes import KNOWN_SCOPES
from tests.sandbox.klaviyo.apps import CALLBACK, SCOPES, add_app, link, told


@pytest.fixture
def app(klaviyo):
    return add_app(klaviyo)


async def click(caller, url, decision):
    return await caller.http.post(url, data={"decision": decision})


async def test_the_page_names_the_app_the_account_and_every_scope(caller, klaviyo, app):
    klaviyo.signed_in = klaviyo.add_account("Ann & <Bob>")
    answer = await caller.http.get(link())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "STOQ for Saleor" in answer.text
    assert "Ann &amp; &lt;Bob&gt;" in answer.text
    assert all(f"<li>{scope}</li>" in answer.text for scope in SCOPES.split())
    assert 'value="allow"' in answer.text
    assert 'value="deny"' in answer.text


async def test_allow_leads_back_with_a_code_and_the_state(caller, app):
    answer = await click(caller, link(), "allow")
    assert answer.status_code == 302
    callback = told(answer.headers["location"])
    assert set(callback) == {"code", "state"}
    assert callback["state"] == "st&te"


async def test_deny_leads_back_with_an_error_and_the_state(caller, app):
    answer = await click(caller, link(), "deny")
    assert answer.status_code == 302
    callback = told(answer.headers["location"])
    assert callback["error"] == "access_denied"
    assert callback["error_description"]
    assert callback["state"] == "st&te"
    assert "code" not in callback


async def test_the_shortcuts_lead_where_the_clicks_lead(klaviyo, app):
    assert set(told(klaviyo.allow(link()))) == {"code", "state"}
    assert told(klaviyo.deny(link()))["error"] == "access_denied"


@pytest.mark.parametrize("decision", ["", "maybe"])
async def test_a_click_on_nothing_is_refused(caller, app, decision):
    assert (await click(caller, link(), decision)).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?x=1"},
        {"redirect_uri": "https://evil.example/"},
    ],
)
async def test_an_unknown_app_or_address_shows_a_page_and_leads_nowhere(caller, klaviyo, app, changed):
    answer = await caller.http.get(link(**changed))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert (await click(caller, link(**changed), "allow")).status_code == 400
    with pytest.raises(ValueError, match=r"client_id|redirect_uri"):
        klaviyo.allow(link(**changed))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "=" * 43}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "events:write"}, "invalid_scope"),
        ({"scope": "accounts:read everything"}, "invalid_scope"),
    ],
)
async def test_what_else_is_wrong_leads_back_with_an_error(caller, klaviyo, app, changed, error):
    answer = await caller.http.get(link(**changed))
    assert answer.status_code == 302
    callback = told(answer.headers["location"])
    assert callback["error"] == error
    assert callback.get("state") == (None if "state" in changed else "st&te")
    assert told(klaviyo.allow(link(**changed)))["error"] == error


async def test_a_parameter_given_twice_is_refused(caller, app):
    answer = await caller.http.get(link() + "&state=another")
    assert told(answer.headers["location"])["error"] == "invalid_request"


async def test_an_app_gets_no_more_than_it_registered(caller, klaviyo):
    add_app(klaviyo, scopes=["accounts:read", "events:write"])
    assert told(klaviyo.allow(link()))["error"] == "invalid_scope"
    assert "code" in told(klaviyo.allow(link(scope="accounts:read events:write")))


async def test_a_redirect_keeps_the_query_that_its_address_has(klaviyo):
    klaviyo.add_app("stoq", "s", [f"{CALLBACK}?via=klaviyo"], "STOQ")
    callback = klaviyo.allow(link(redirect_uri=f"{CALLBACK}?via=klaviyo"))
    assert told(callback)["via"] == "klaviyo"
    assert "code" in told(callback)


def test_nobody_can_be_made_to_grant_what_was_not_asked_for(klaviyo, app):
    with pytest.raises(ValueError, match="profiles:write"):
        klaviyo.allow(link(), scopes=["accounts:read", "profiles:write"])


def test_allow_is_clicked_on_klaviyos_page_only(klaviyo, app):
    with pytest.raises(ValueError, match="/oauth/authorize"):
        klaviyo.allow("https://stoq.example/oauth/klaviyo/start?ticket=1")


@pytest.mark.parametrize("uri", ["http://stoq.example/back", "https://stoq.example/back#here"])
def test_an_address_that_klaviyo_takes_from_nobody_is_not_registered(klaviyo, uri):
    with pytest.raises(ValueError, match="https"):
        klaviyo.add_app("stoq", "s", [uri], "STOQ")


def test_this_machine_may_be_an_address_while_developing(klaviyo):
    klaviyo.add_app("stoq", "s", ["http://127.0.0.1:8000/back", "http://localhost/back"], "STOQ")


@pytest.mark.parametrize(("client_id", "name"), [("stoq", "Another"), ("another", "Stoq for SALEOR")])
def test_apps_are_told_apart_by_client_id_and_name(klaviyo, app, client_id, name):
    with pytest.raises(ValueError, match="client_id or name"):
        add_app(klaviyo, client_id, name)


async def test_the_page_takes_no_other_method(caller, app):
    assert (await caller.http.put(link())).status_code == 405
    assert (await caller.http.get("/oauth/token")).status_code == 405
    assert (await caller.http.get("/oauth/nothing")).status_code == 404


def test_every_operation_asks_for_scopes_that_exist():
    assert ALL_SCOPES <= KNOWN_SCOPES
