"""POST /oauth/token with a refresh token: how long tokens live, and what ends them."""

import asyncio

import httpx
import pytest

from saleor_stoq_app.sandbox.klaviyo import drop
from tests.sandbox.klaviyo.apps import add_app, basic, connect, refresh, said, works

A_DAY = 86400


@pytest.fixture
def app(klaviyo):
    return add_app(klaviyo)


async def test_an_access_token_dies_after_its_hour_and_a_refresh_gives_another(caller, klaviyo, clock, app):
    tokens = await connect(klaviyo, caller.http)
    clock.advance(3599)
    assert await works(caller, tokens["access_token"])
    clock.advance(1)
    assert not await works(caller, tokens["access_token"])
    fresh = (await refresh(caller.http, tokens["refresh_token"])).json()
    assert fresh["refresh_token"] == tokens["refresh_token"]
    assert fresh["scope"] == tokens["scope"]
    assert await works(caller, fresh["access_token"])


async def test_after_a_refresh_the_old_access_token_still_works(caller, klaviyo, app):
    tokens = await connect(klaviyo, caller.http)
    await refresh(caller.http, tokens["refresh_token"])
    assert await works(caller, tokens["access_token"])


async def test_the_switches_stand_as_recorded_until_they_are_turned(klaviyo):
    assert klaviyo.rotates_refresh_tokens is False
    assert klaviyo.access_token_seconds == 3600
    assert klaviyo.leaves_messages_draft is False
    assert klaviyo.transactional == "reviews"
    assert klaviyo.signed_in is klaviyo.account


async def test_how_long_access_tokens_live_can_be_set(caller, klaviyo, clock, app):
    klaviyo.access_token_seconds = 60
    tokens = await connect(klaviyo, caller.http)
    assert tokens["expires_in"] == 60
    clock.advance(60)
    assert not await works(caller, tokens["access_token"])


async def test_refresh_tokens_can_rotate_and_then_work_once(caller, klaviyo, app):
    klaviyo.rotates_refresh_tokens = True
    first = await connect(klaviyo, caller.http)
    second = (await refresh(caller.http, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert said(await refresh(caller.http, first["refresh_token"]))[0] == "invalid_grant"
    assert (await refresh(caller.http, second["refresh_token"])).status_code == 200


async def test_two_refreshes_at_once_with_rotation_leave_one_in_the_cold(caller, klaviyo, app):
    klaviyo.rotates_refresh_tokens = True
    tokens = await connect(klaviyo, caller.http)
    answers = await asyncio.gather(*(refresh(caller.http, tokens["refresh_token"]) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]


async def test_a_refresh_token_dies_of_ninety_days_without_use(caller, klaviyo, clock, app):
    tokens = await connect(klaviyo, caller.http)
    clock.advance(89 * A_DAY)
    assert (await refresh(caller.http, tokens["refresh_token"])).status_code == 200
    clock.advance(89 * A_DAY)
    assert (await refresh(caller.http, tokens["refresh_token"])).status_code == 200
    clock.advance(90 * A_DAY)
    assert said(await refresh(caller.http, tokens["refresh_token"]))[0] == "invalid_grant"


async def test_a_refresh_token_is_its_own_apps(caller, klaviyo, app):
    add_app(klaviyo, "other", "Another app")
    tokens = await connect(klaviyo, caller.http)
    answer = await refresh(caller.http, tokens["refresh_token"], basic("other"))
    assert said(answer)[0] == "invalid_grant"


async def test_refreshes_can_be_refused_on_demand(caller, klaviyo, app):
    tokens = await connect(klaviyo, caller.http)
    klaviyo.refuse_refresh()
    assert said(await refresh(caller.http, tokens["refresh_token"]))[0] == "invalid_grant"
    assert (await refresh(caller.http, tokens["refresh_token"])).status_code == 200


async def test_ten_refreshes_a_minute_are_enough(caller, klaviyo, clock, app):
    tokens, others = await connect(klaviyo, caller.http), await connect(klaviyo, caller.http)
    for _ in range(10):
        assert (await refresh(caller.http, tokens["refresh_token"])).status_code == 200
    refused = await refresh(caller.http, tokens["refresh_token"])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert (await refresh(caller.http, others["refresh_token"])).status_code == 200
    clock.advance(60)
    assert (await refresh(caller.http, tokens["refresh_token"])).status_code == 200


async def test_a_rotated_token_may_get_lost_on_the_way(caller, klaviyo, app):
    klaviyo.rotates_refresh_tokens = True
    tokens = await connect(klaviyo, caller.http)
    klaviyo.fail("/oauth/token", drop(acts=True))
    with pytest.raises(httpx.RemoteProtocolError):
        await refresh(caller.http, tokens["refresh_token"])
    assert said(await refresh(caller.http, tokens["refresh_token"]))[0] == "invalid_grant"
