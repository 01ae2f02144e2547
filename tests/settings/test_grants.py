"""A grant is renewed by one process at a time, and a dead one parks until the merchant connects again."""

import asyncio

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import NeedsMerchant, Retryable
from saleor_stoq_app.sandbox.klaviyo import error
from saleor_stoq_app.settings.grants import read_grant
from tests.fixtures.browsing import KLAVIYO

HOUR = 3600
REFRESH = "POST /oauth/token"


@pytest.fixture
async def connection(browser, desk):
    await browser.connect()
    return await desk.connection()


async def kept(desk):
    [row] = await desk.floor.rows(tables.connections)
    return read_grant(desk.floor.vault.open(row.credential), frozenset())


async def refreshes(desk):
    return desk.klaviyo.calls[REFRESH] - 1  # the first call was the exchange


async def test_a_token_that_is_good_is_handed_out_without_a_call(desk, connection):
    assert await desk.grants.token(connection) == (await kept(desk)).access
    assert await refreshes(desk) == 0


async def test_neither_token_is_readable_in_the_database(desk, connection):
    grant = await kept(desk)
    [row] = await desk.floor.rows(tables.connections)
    assert grant.access not in str(row)
    assert grant.refresh not in str(row)


async def test_a_token_is_renewed_before_it_ends(desk, connection, clock):
    before = await desk.grants.token(connection)
    clock.advance(HOUR - 30)
    after = await desk.grants.token(connection)
    assert (after != before, await refreshes(desk)) == (True, 1)
    assert await desk.grants.token(connection) == after
    assert await refreshes(desk) == 1


async def test_a_refused_token_is_renewed_unless_it_was_renewed_since(desk, connection):
    refused = await desk.grants.token(connection)
    fresh = await desk.grants.token(connection, refused=refused)
    assert fresh != refused
    assert await desk.grants.token(connection, refused=refused) == fresh
    assert await refreshes(desk) == 1


async def test_two_processes_at_once_renew_once(desk, connection, clock):
    desk.klaviyo.rotates_refresh_tokens = True
    clock.advance(HOUR)
    stores = [desk.keeper() for _ in range(4)]
    tokens = await asyncio.gather(*(store.token(connection) for store in stores for _ in range(3)))
    assert len(set(tokens)) == 1
    assert await refreshes(desk) == 1


async def test_a_refresh_token_that_rotates_is_kept(desk, connection, clock):
    desk.klaviyo.rotates_refresh_tokens = True
    for _ in range(3):
        before = await kept(desk)
        clock.advance(HOUR)
        await desk.grants.token(connection)
        assert (await kept(desk)).refresh != before.refresh
    assert await refreshes(desk) == 3


async def test_what_was_granted_is_stored_at_each_refresh(desk, connection, clock):
    changed = sa.update(tables.connections).values(scopes=["accounts:read"])
    await desk.floor.database.write(lambda conn: conn.execute(changed).rowcount)
    clock.advance(HOUR)
    await desk.grants.token(connection)
    assert (await desk.connection()).scopes == connection.scopes


async def test_a_refresh_that_is_not_answered_is_tried_again_and_leaves_the_lease_free(
    desk, connection, clock
):
    clock.advance(HOUR)
    desk.klaviyo.fail(REFRESH, error(500))
    with pytest.raises(Retryable):
        await desk.grants.token(connection)
    assert (await desk.connection()).problem == ""
    assert await desk.grants.token(connection)


async def test_the_lease_of_a_process_that_died_ends(desk, connection, clock):
    clock.advance(HOUR)
    await desk.grants._lease(connection.id, "dead")
    with pytest.raises(Retryable, match="renewed elsewhere"):
        await desk.keeper().token(connection)
    clock.advance(60)
    assert await desk.keeper().token(connection)
    [row] = await desk.floor.rows(tables.connections)
    assert (row.refresh_lease, row.refresh_until) == (None, None)


async def test_a_dead_grant_is_a_problem_of_the_connection_and_is_not_asked_for_again(
    desk, connection, clock
):
    clock.advance(HOUR)
    desk.klaviyo.refuse_refresh()
    for _ in range(2):
        with pytest.raises(NeedsMerchant) as caught:
            await desk.grants.token(connection)
        assert caught.value.code == "RECONNECT"
    assert "connected again" in (await desk.connection()).problem
    assert await refreshes(desk) == 1


async def test_connecting_again_mends_a_dead_grant_and_keeps_the_generation(desk, browser, connection, clock):
    clock.advance(HOUR)
    desk.klaviyo.refuse_refresh()
    with pytest.raises(NeedsMerchant):
        await desk.grants.token(connection)
    await browser.connect()
    again = await desk.connection()
    assert (again.problem, again.generation) == ("", 1)
    assert await desk.grants.token(again)


async def test_a_grant_that_came_meanwhile_is_not_overwritten_by_a_slow_refresh(
    desk, browser, connection, clock
):
    clock.advance(HOUR)
    hold = desk.klaviyo.hold(REFRESH, after_acting=True)
    slow = asyncio.create_task(desk.grants.token(connection))
    await hold.reached()
    other = desk.klaviyo.add_account("Other Shop")
    connecting = asyncio.create_task(browser.connect(account=other))
    hold.release()
    await asyncio.gather(slow, connecting, return_exceptions=True)
    now = await desk.connection()
    assert now.account_id == other.id
    assert await desk.grants.token(now) == (await kept(desk)).access


async def test_nothing_is_handed_out_after_disconnecting(desk, connection):
    await desk.accounts.disconnect(desk.floor.shop.id, KLAVIYO, by="staff")
    with pytest.raises(NeedsMerchant):
        await desk.grants.token(connection)


async def test_a_refused_token_of_a_dead_process_is_not_reported_on_a_new_connection(
    desk, browser, connection, clock
):
    clock.advance(1)
    await browser.connect()
    await desk.floor.connections.report(connection, "The token was refused.")
    assert (await desk.connection()).problem == ""
