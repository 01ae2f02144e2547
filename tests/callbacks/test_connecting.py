"""A merchant connects Klaviyo in a new tab (R19 to R25), and is asked before anything is stored."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from saleor_stoq_app.alerts import consent_backfill
from saleor_stoq_app.database import tables
from saleor_stoq_app.sandbox.klaviyo import error, html
from tests.fixtures.browsing import CALLBACK, CLIENT, HOME, KLAVIYO, desk
from tests.fixtures.floor import restocked

ANN = "+14155550101"


async def test_a_ticket_leads_to_klaviyos_page_with_pkce_and_a_cookie(browser):
    url = await browser.start()

    asked = parse_qs(urlsplit(url).query)
    assert asked["redirect_uri"] == [CALLBACK]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"][0]
    cookie = browser.pages[-1].headers["set-cookie"]
    assert re.fullmatch(
        r"__Host-stoq-oauth=[\w-]{43}; HttpOnly; Max-Age=1800; Path=/; SameSite=lax; Secure", cookie
    )


async def test_nothing_is_stored_before_the_merchant_says_yes(browser, desk):
    question = await browser.allow()

    assert question.status_code == 200
    shop = desk.floor.shop.saleor_api_url.split("/")[2]
    assert f"to shop {shop}?" in question.text
    assert desk.klaviyo.account.name in question.text
    assert await desk.connection() is None


async def test_after_yes_the_account_is_connected_and_the_page_leads_back(browser, desk):
    done = await browser.connect()

    connection = await desk.connection()
    assert (done.status_code, "Return to the panel" in done.text) == (200, True)
    assert (connection.kind, connection.generation, connection.problem) == ("oauth", 1, "")
    assert (connection.account_id, connection.account_name) == (
        desk.klaviyo.account.id,
        desk.klaviyo.account.name,
    )
    assert "flows:write" in connection.scopes
    assert await desk.rows() == []
    assert (await desk.grants.token(connection)) != ""


async def test_who_connected_what_is_written_down(browser, desk):
    await browser.connect()
    [entry] = await desk.floor.rows(tables.journal)
    assert (entry.what, entry.subject) == ("connection.made", "connection:klaviyo")
    assert entry.seen == {"account": desk.klaviyo.account.id, "generation": 1, "by": "VXNlcjox"}


async def test_no_token_code_or_secret_is_on_a_page_or_in_an_address_of_ours(browser, desk):
    await browser.connect()
    connection = await desk.connection()
    token = await desk.grants.token(connection)
    shown = "".join(page.text + str(page.headers) for page in browser.pages)
    assert token not in shown
    assert CLIENT[1] not in shown
    assert connection.credential == ""
    assert token not in repr(connection)


async def test_pages_may_do_nothing_and_are_kept_nowhere(browser):
    await browser.connect()
    for page in browser.pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert "<script" not in page.text


async def test_what_klaviyo_calls_itself_is_escaped(browser, desk):
    nasty = desk.klaviyo.add_account('<script>alert("1")</script> & Söhne')
    question = await browser.allow(account=nasty)
    assert "<script" not in question.text
    assert "&lt;script&gt;" in question.text


async def test_fewer_scopes_than_asked_are_stored_and_their_cost_is_shown(browser, desk):
    question = await browser.allow(scopes={"accounts:read", "events:write"})
    assert "Not granted: flows:write. Automatic set-up is not available" in question.text
    await browser.answer(question)
    assert (await desk.connection()).scopes == {"accounts:read", "events:write"}


async def test_connecting_releases_what_waited_and_asks_for_the_consents(browser, desk):
    await restocked(desk.floor, ANN)
    await desk.floor.work(60)
    assert await desk.floor.states() == ["parked"]
    await browser.connect()
    [job] = await desk.floor.rows(tables.jobs)
    assert job.kind == consent_backfill.KIND
    assert await desk.floor.states() == ["due"]


async def test_cancel_stores_nothing_and_gives_the_grant_back(browser, desk):
    page = await browser.answer(await browser.allow(), "cancel")
    assert "Nothing was stored" in page.text
    assert await desk.connection() is None
    assert await desk.rows() == []
    assert desk.klaviyo.answers["POST /oauth/revoke", 200] == 1


async def test_cancel_leaves_an_account_alone_that_a_shop_sends_through(browser, desk):
    await browser.connect()
    await browser.answer(await browser.allow(), "cancel")
    assert desk.klaviyo.calls["POST /oauth/revoke"] == 0
    assert await desk.grants.token(await desk.connection())


async def test_the_same_account_again_keeps_the_generation_and_takes_the_new_scopes(browser, desk):
    await browser.connect(scopes={"accounts:read", "events:write"})
    question = await browser.allow()
    assert "connected already" in question.text
    await browser.answer(question)
    connection = await desk.connection()
    assert connection.generation == 1
    assert "flows:write" in connection.scopes


async def test_another_account_is_asked_about_and_starts_a_new_generation(browser, desk):
    await browser.connect()
    other = desk.klaviyo.add_account("Other Shop")
    question = await browser.allow(account=other)
    assert f"Another account is connected now: {desk.klaviyo.account.name}" in question.text
    assert (await desk.connection()).account_id == desk.klaviyo.account.id
    await browser.answer(question)
    connection = await desk.connection()
    assert (connection.account_id, connection.generation) == (other.id, 2)


async def test_a_key_in_place_of_which_oauth_comes_is_named_and_starts_a_new_generation(browser, desk):
    await desk.accounts.connect(desk.floor.shop.id, KLAVIYO, desk.klaviyo.api_key)
    question = await browser.allow()
    assert "by API key" in question.text
    await browser.answer(question)
    assert ((await desk.connection()).kind, (await desk.connection()).generation) == ("oauth", 2)


async def test_an_account_that_was_swapped_while_the_question_was_open_is_asked_about_again(browser, desk):
    other = desk.klaviyo.add_account("Other Shop")
    question = await browser.allow()
    async with desk.browser().http as http:
        await type(browser)(desk, http).connect(account=other)
    again = await browser.answer(question)
    assert "Another account is connected now: Other Shop" in again.text
    assert (await desk.connection()).account_id == other.id
    await browser.answer(again)
    assert (await desk.connection()).account_id == desk.klaviyo.account.id


async def test_a_page_that_is_loaded_again_asks_the_same_question(browser, desk):
    back = desk.klaviyo.allow(await browser.start())
    await browser.get(back)
    again = await browser.get(back)
    await browser.answer(again)
    assert await desk.connection() is not None
    assert desk.klaviyo.calls["POST /oauth/token"] == 1


@pytest.mark.parametrize(
    "path", ["start", "start?ticket=", "callback", "callback?code=abc", "callback?state="]
)
async def test_an_install_begun_at_klaviyo_ends_on_a_page_that_leads_to_the_dashboard(browser, desk, path):
    page = await browser.get(f"/oauth/klaviyo/{path}")
    assert page.status_code == 200
    assert "Open your Saleor Dashboard" in page.text
    assert await desk.rows() == []


async def test_over_http_in_development_the_cookie_has_no_prefix_and_works(floor):
    async with desk(floor, home="http://127.0.0.1:8800") as local:
        browser = local.browser()
        async with browser.http:
            question = await browser.allow()
            assert "stoq-oauth" in browser.http.cookies
            await browser.answer(question, origin="http://127.0.0.1:8800")
    assert (await floor.connections.of(floor.shop.id, KLAVIYO)).kind == "oauth"


async def test_an_app_that_is_not_registered_says_so(floor):
    async with desk(floor, registered=False) as lost:
        browser = lost.browser()
        async with browser.http:
            page = await browser.get(f"/oauth/klaviyo/start?ticket={await lost.ticket()}")
    assert "STOQ_KLAVIYO_CLIENT_ID" in page.text


@pytest.mark.parametrize("fault", [error(500), html(), error(429)])
async def test_klaviyo_in_trouble_ends_the_asking_in_words_and_a_new_one_works(browser, desk, fault):
    url = await browser.start()
    desk.klaviyo.fail("/oauth/token", fault)
    page = await browser.allow(url)
    assert (page.status_code, "press Connect again" in page.text) == (400, True)
    assert (await desk.connection(), await desk.rows()) == (None, [])
    await browser.connect()
    assert await desk.connection() is not None


async def test_a_head_request_uses_no_ticket_up(browser, desk):
    ticket = await desk.ticket()
    answer = await browser.http.head(f"/oauth/klaviyo/start?ticket={ticket}")
    assert answer.status_code == 405
    assert await browser.start(ticket)


async def test_our_address_is_where_the_form_goes(browser):
    question = await browser.allow()
    assert 'action="/oauth/klaviyo/confirm"' in question.text
    assert HOME not in question.text
