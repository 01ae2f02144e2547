"""Idle grants are kept alive, and a connection that ends gives its grant back."""

import pytest

from saleor_stoq_app.database import tables
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.errors import NotFound, Retryable
from saleor_stoq_app.sandbox.klaviyo import error
from saleor_stoq_app.settings.keeping import DAILY, GIVE_BACK
from tests.fixtures.browsing import KLAVIYO
from tests.fixtures.floor import restocked

DAY = 24 * 3600
REVOKE = "POST /oauth/revoke"
ANN = "+14155550101"
DAILY_JOB = Job("1", None, "grants.keep", {}, 1, "lease")


async def end(desk):
    """Disconnect as staff do, and return the job that this asks for."""
    await desk.accounts.disconnect(desk.floor.shop.id, KLAVIYO, by="VXNlcjox")
    [row] = [row for row in await desk.floor.rows(tables.jobs) if row.kind == GIVE_BACK]
    return Job(row.id, row.shop_id, row.kind, row.payload, 1, "lease")


async def credential(desk):
    [row] = await desk.floor.rows(tables.connections)
    return desk.floor.vault.open(row.credential)


async def test_a_grant_that_nobody_used_for_sixty_days_is_renewed(browser, desk, clock):
    await browser.connect()
    for _ in range(5):
        clock.advance(45 * DAY)
        assert await desk.keep(DAILY_JOB) == DAILY
        clock.advance(16 * DAY)
        assert await desk.keep(DAILY_JOB) == DAILY
    assert await desk.grants.token(await desk.connection())
    assert desk.klaviyo.calls["POST /oauth/token"] == 1 + 5


async def test_without_it_the_grant_would_have_died(browser, desk, clock):
    await browser.connect()
    clock.advance(91 * DAY)
    assert await desk.keep(DAILY_JOB) == DAILY
    assert "connected again" in (await desk.connection()).problem


async def test_klaviyo_in_trouble_keeps_nobody_else_from_being_kept(browser, desk, clock):
    await browser.connect()
    clock.advance(61 * DAY)
    desk.klaviyo.fail("POST /oauth/token", error(500))
    assert await desk.keep(DAILY_JOB) == DAILY
    assert (await desk.connection()).problem == ""


async def test_tickets_that_nobody_used_are_forgotten(desk, clock):
    await desk.ticket()
    clock.advance(301)
    await desk.keep(DAILY_JOB)
    assert await desk.rows() == []


async def test_disconnecting_keeps_the_row_revokes_and_forgets_the_grant(browser, desk):
    await browser.connect()
    token = await desk.grants.token(await desk.connection())
    job = await end(desk)
    assert await desk.connection() is None
    assert await desk.give_back(job) is None
    known = await desk.floor.connections.known(desk.floor.shop.id, KLAVIYO)
    assert (known.is_connected, known.account_name, known.generation) == (False, "Sandbox Shop", 1)
    assert desk.klaviyo.answers[REVOKE, 200] == 1
    assert await credential(desk) == ""
    assert token


async def test_a_grant_that_could_not_be_given_back_is_kept_for_the_next_try(browser, desk):
    await browser.connect()
    job = await end(desk)
    desk.klaviyo.fail(REVOKE, error(503))
    with pytest.raises(Retryable):
        await desk.give_back(job)
    await desk.give_back(job)
    assert desk.klaviyo.answers[REVOKE, 200] == 1


async def test_connecting_again_first_saves_the_grant_from_being_given_back(browser, desk):
    await browser.connect()
    job = await end(desk)
    await browser.connect()
    await desk.give_back(job)
    connection = await desk.connection()
    assert (desk.klaviyo.calls[REVOKE], connection.generation) == (0, 1)
    assert await desk.grants.token(connection)


async def test_what_is_not_connected_cannot_be_disconnected(desk):
    with pytest.raises(NotFound):
        await desk.accounts.disconnect(desk.floor.shop.id, KLAVIYO, by="staff")


async def test_a_key_is_forgotten_at_once(desk):
    await desk.accounts.connect(desk.floor.shop.id, KLAVIYO, desk.klaviyo.api_key)
    await desk.accounts.disconnect(desk.floor.shop.id, KLAVIYO, by="staff")
    assert await credential(desk) == ""


async def test_while_disconnected_alerts_wait_and_go_on_after_connecting_again(floor):
    await floor.connect()
    await restocked(floor, ANN)
    accounts = floor.accounts()
    await accounts.disconnect(floor.shop.id, KLAVIYO, by="staff")
    await floor.work(60)
    [row] = await floor.deliveries()
    assert (row.state, row.reason) == ("parked", "Teller is not connected.")
    await accounts.connect(floor.shop.id, KLAVIYO, "pk_1")
    await floor.work(60)
    assert floor.teller.phones == {ANN: 1}


async def test_after_too_long_without_a_connection_alerts_expire_with_the_reason(floor, clock):
    await floor.connect()
    await restocked(floor, ANN)
    accounts = floor.accounts()
    await accounts.disconnect(floor.shop.id, KLAVIYO, by="staff")
    await floor.work(10)
    clock.advance(3 * DAY)
    await accounts.connect(floor.shop.id, KLAVIYO, "pk_1")
    await floor.work(60)
    [row] = await floor.deliveries()
    assert (row.state, row.reason) == ("expired", "Too old when sending could go on.")
