"""Whatever does not fit ends on a clear page, and nothing is stored."""

from urllib.parse import parse_qs, urlsplit

import pytest

from saleor_stoq_app.settings.plans import Plan
from tests.fixtures.browsing import STAFF
from tests.fixtures.floor import Floor


def stopped(page, said):
    assert page.status_code == 400, page.text
    assert said in page.text, page.text
    assert "<form" not in page.text
    return True


async def nothing(desk):
    assert await desk.connection() is None
    return True


async def test_a_merchant_may_deny(browser, desk):
    back = desk.klaviyo.deny(await browser.start())
    assert stopped(await browser.get(back), "You did not allow this at Klaviyo.")
    assert stopped(await browser.get(back), "was used already")
    assert await nothing(desk)


async def test_another_error_of_klaviyo_is_not_repeated_word_by_word(browser, desk):
    state = parse_qs(urlsplit(await browser.start()).query)["state"][0]
    page = await browser.get(f"/oauth/klaviyo/callback?error=<b>x&error_description=<b>boo&state={state}")
    assert stopped(page, "Klaviyo refused the authorization.")
    assert "boo" not in page.text


async def test_a_ticket_works_once(browser, desk):
    ticket = await desk.ticket()
    await browser.start(ticket)
    assert stopped(await browser.get(f"/oauth/klaviyo/start?ticket={ticket}"), "used")


@pytest.mark.parametrize("ticket", ["x", "a" * 43, "a" * 3000 + "&ticket=b", "%00", "%F0%9F%94%A5"])
async def test_a_made_up_ticket_leads_nowhere(browser, ticket):
    page = await browser.get(f"/oauth/klaviyo/start?ticket={ticket}")
    assert "location" not in page.headers
    assert "set-cookie" not in page.headers


async def test_a_ticket_lives_five_minutes(browser, desk, clock):
    ticket = await desk.ticket()
    clock.advance(301)
    assert stopped(await browser.get(f"/oauth/klaviyo/start?ticket={ticket}"), "took too long")


async def test_an_answer_after_too_long_is_not_taken(browser, desk, clock):
    url = await browser.start()
    clock.advance(15 * 60 + 1)
    assert stopped(await browser.get(desk.klaviyo.allow(url)), "took too long")
    assert desk.klaviyo.calls["POST /oauth/token"] == 0


async def test_a_question_that_stood_open_for_too_long_is_closed(browser, desk, clock):
    question = await browser.allow()
    clock.advance(15 * 60 + 1)
    assert stopped(await browser.answer(question), "took too long")
    assert await nothing(desk)


async def test_a_state_that_was_answered_is_used_up(browser, desk):
    back = desk.klaviyo.allow(await browser.start())
    await browser.answer(await browser.get(back))
    before = await desk.connection()
    assert stopped(await browser.get(back), "was used already")
    assert await desk.connection() == before


async def test_a_made_up_state_is_refused(browser, desk):
    await browser.start()
    assert stopped(await browser.get("/oauth/klaviyo/callback?code=abc&state=made-up"), "used already")
    assert await nothing(desk)


async def test_a_state_that_was_begun_in_another_browser_is_refused_and_left_alone(browser, desk):
    back = desk.klaviyo.allow(await browser.start())
    victim = desk.browser()
    async with victim.http:
        assert stopped(await victim.get(back), "another browser")
        await victim.start()  # with a cookie of its own
        assert stopped(await victim.get(back), "another browser")
    assert desk.klaviyo.calls["POST /oauth/token"] == 0
    await browser.answer(await browser.get(back))
    assert await desk.connection() is not None


async def test_an_attackers_question_cannot_be_answered_by_a_victim(browser, desk):
    question = await browser.allow()
    victim = desk.browser()
    async with victim.http:
        assert stopped(await victim.answer(question), "another browser")
        await victim.start()
        assert stopped(await victim.answer(question), "another browser")
    assert await nothing(desk)


async def test_an_older_tab_cannot_answer_for_a_newer_one(browser, desk):
    other = desk.klaviyo.add_account("Other Shop")
    older = await browser.allow()
    newer = await browser.allow(account=other)
    assert stopped(await browser.answer(older), "another tab")
    await browser.answer(newer)
    assert (await desk.connection()).account_id == other.id


async def test_a_state_of_another_shop_connects_that_shop_and_no_other(browser, desk, database, clock, vault):
    second = await Floor(database, clock, vault).open(connected=False)
    ticket = await desk.tickets.mint(second.shop.id, STAFF)
    await browser.answer(await browser.allow(await browser.start(ticket)))
    assert await nothing(desk)
    assert await second.connections.of(second.shop.id, "klaviyo") is not None


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "https://stoq.example.evil.example"])
async def test_a_foreign_form_answers_nothing(browser, desk, origin):
    question = await browser.allow()
    assert stopped(await browser.answer(question, origin=origin), "did not come from our own page")
    assert await nothing(desk)


async def test_pressing_connect_twice_connects_once(browser, desk):
    question = await browser.allow()
    await browser.answer(question)
    browser.http.cookies.set("__Host-stoq-oauth", "x", domain="stoq.example")
    assert stopped(await browser.answer(question), "no longer open")
    assert (await desk.connection()).generation == 1


@pytest.mark.parametrize("form", [{}, {"asked": ""}, {"asked": "x", "answer": "connect"}, {"a": "b" * 9000}])
async def test_a_strange_form_answers_nothing(browser, desk, form):
    await browser.allow()
    assert (await browser.post(form)).status_code in {400, 413}
    assert await nothing(desk)


async def test_a_code_that_klaviyo_does_not_know_ends_the_asking(browser, desk):
    state = parse_qs(urlsplit(await browser.start()).query)["state"][0]
    page = await browser.get(f"/oauth/klaviyo/callback?code=made-up&state={state}")
    assert stopped(page, "press Connect again")
    assert (await desk.connection(), await desk.rows()) == (None, [])


async def free(desk):
    await desk.accounts.change_plan(desk.floor.shop.id, Plan.FREE)


async def test_on_the_free_plan_nobody_gets_to_klaviyo(browser, desk):
    await free(desk)
    page = await browser.get(f"/oauth/klaviyo/start?ticket={await desk.ticket()}")
    assert stopped(page, "The Free plan does not include Klaviyo.")


async def test_a_plan_that_changed_on_the_way_is_noticed_on_the_way_back(browser, desk):
    back = desk.klaviyo.allow(await browser.start())
    await free(desk)
    assert stopped(await browser.get(back), "does not include Klaviyo")
    assert desk.klaviyo.calls["POST /oauth/token"] == 0


async def test_a_plan_that_changed_while_the_question_was_open_is_noticed(browser, desk):
    question = await browser.allow()
    await free(desk)
    assert stopped(await browser.answer(question), "does not include Klaviyo")
    assert await nothing(desk)


async def test_a_shop_that_uninstalled_the_app_connects_nothing(browser, desk):
    question = await browser.allow()
    await desk.floor.shops.set_status(desk.floor.shop.id, "uninstalled")
    assert stopped(await browser.answer(question), "not installed")
    assert await nothing(desk)
