"""A merchant's grant is asked for with PKCE, renewed, given back, and never shown."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from saleor_stoq_app.clock import ManualClock
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import NeedsMerchant, ProviderError, Retryable, Unknown
from saleor_stoq_app.http import Client, GuardedTransport, Response
from saleor_stoq_app.providers.base import Account, Grant, MissingScopes, Tools
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo.oauth import challenge, new_verifier
from saleor_stoq_app.providers.klaviyo.scopes import SCOPES
from tests.providers.klaviyo.auth_wire import CLIENT, AuthWire, no
from tests.providers.klaviyo.wire import Wire, html, refusal

BACK = "https://stoq.example/oauth/klaviyo/callback"
VERIFIER = "v" * 43


@pytest.fixture
def wire():
    return AuthWire()


def registered(tools, secret=CLIENT[1]):
    config = Config(klaviyo_client_id=CLIENT[0], klaviyo_client_secret=SecretStr(secret))
    return SPEC.oauth(replace(tools, config=config))


@pytest.fixture
def oauth(tools):
    return registered(tools)


@pytest.fixture
def url(oauth):
    return oauth.authorize_url(redirect_uri=BACK, state="s & t", verifier=VERIFIER)


@pytest.fixture
async def grant(oauth, wire, url):
    return await oauth.exchange(wire.allow(url), verifier=VERIFIER, redirect_uri=BACK)


# Asking


def test_the_merchant_is_asked_at_klaviyo_for_all_that_we_use(url):
    address = urlsplit(url)
    asked = dict(parse_qsl(address.query))

    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://www.klaviyo.com/oauth/authorize"
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT[0],
        "redirect_uri": BACK,
        "scope": " ".join(SCOPES),
        "state": "s & t",
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    assert {"flows:read", "flows:write"} <= set(SCOPES)


def test_the_page_may_stand_elsewhere(tools):
    config = Config(klaviyo_authorize_url="http://127.0.0.1:9/oauth/authorize/", klaviyo_client_id="c")

    url = SPEC.oauth(replace(tools, config=config)).authorize_url(
        redirect_uri=BACK, state="s", verifier=VERIFIER
    )

    assert url.startswith("http://127.0.0.1:9/oauth/authorize?")


def test_neither_secret_nor_verifier_is_in_the_address(url):
    assert VERIFIER not in url
    assert CLIENT[1] not in url


def test_the_challenge_is_that_of_the_standard():
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_verifier_is_new_and_as_klaviyo_takes_it():
    assert re.fullmatch(r"[a-zA-Z0-9\-._~]{43,128}", new_verifier())
    assert new_verifier() != new_verifier()


def test_an_app_that_is_not_registered_says_so(tools, oauth):
    assert oauth.unavailable == ""
    assert "STOQ_KLAVIYO_CLIENT_ID" in SPEC.oauth(tools).unavailable


async def test_an_app_that_is_not_registered_asks_for_nothing(tools, wire, clock):
    with pytest.raises(Retryable, match="STOQ_KLAVIYO_CLIENT_SECRET"):
        await SPEC.oauth(tools).refresh(Grant("at", "rt", clock.now(), frozenset()))
    assert wire.requests == []


# Exchanging


async def test_a_code_becomes_a_grant(grant, clock, wire):
    assert wire.grants == {grant.refresh: " ".join(SCOPES)}
    assert grant.access.startswith("at_")
    assert grant.expires_at == clock.now() + timedelta(hours=1)
    assert grant.scopes == set(SCOPES)
    assert str(wire.requests[0].url) == "https://a.klaviyo.com/oauth/token"


async def test_fewer_scopes_than_asked_are_seen(oauth, wire, url):
    code = wire.allow(url, scopes="accounts:read events:write")

    grant = await oauth.exchange(code, verifier=VERIFIER, redirect_uri=BACK)

    assert grant.scopes == {"accounts:read", "events:write"}


async def test_a_code_works_once(oauth, wire, url):
    code = wire.allow(url)
    await oauth.exchange(code, verifier=VERIFIER, redirect_uri=BACK)

    with pytest.raises(NeedsMerchant) as caught:
        await oauth.exchange(code, verifier=VERIFIER, redirect_uri=BACK)
    assert (caught.value.code, caught.value.fix) == ("RECONNECT", "Connect Klaviyo again.")


@pytest.mark.parametrize(("verifier", "back"), [("w" * 43, BACK), (VERIFIER, BACK + "/")])
async def test_a_code_of_another_browser_or_place_is_refused(oauth, wire, url, verifier, back):
    with pytest.raises(NeedsMerchant):
        await oauth.exchange(wire.allow(url), verifier=verifier, redirect_uri=back)


@pytest.mark.parametrize(
    "answer", [httpx.ReadError, httpx.Response(502), html(), httpx.Response(200, json={})]
)
async def test_an_exchange_without_a_whole_answer_is_unknown(oauth, wire, url, answer):
    wire.to_come.append(answer)

    with pytest.raises(Unknown):
        await oauth.exchange(wire.allow(url), verifier=VERIFIER, redirect_uri=BACK)


async def test_an_exchange_that_never_arrived_may_be_repeated(oauth, wire, url):
    wire.to_come.append(httpx.ConnectError)
    code = wire.allow(url)

    with pytest.raises(Retryable):
        await oauth.exchange(code, verifier=VERIFIER, redirect_uri=BACK)
    assert await oauth.exchange(code, verifier=VERIFIER, redirect_uri=BACK)


async def test_our_own_wrong_secret_is_no_fault_of_the_merchants(tools, wire, url):
    with pytest.raises(Retryable, match="operator") as caught:
        await registered(tools, "wrong").exchange(wire.allow(url), verifier=VERIFIER, redirect_uri=BACK)
    assert caught.value.after >= 3600


# Renewing


@pytest.mark.parametrize("rotates", [True, False])
async def test_a_refresh_brings_new_tokens_and_a_dead_one_is_not_used_again(
    oauth, wire, grant, rotates, clock
):
    wire.rotates = rotates
    clock.advance(3500)

    fresh = await oauth.refresh(grant)
    again = await oauth.refresh(fresh)

    assert len({grant.access, fresh.access, again.access}) == 3
    assert (fresh.refresh == grant.refresh) is not rotates
    assert fresh.expires_at == clock.now() + timedelta(hours=1)


async def test_scopes_are_those_of_the_newest_answer(oauth, wire, grant):
    wire.grants[grant.refresh] = "accounts:read"

    assert (await oauth.refresh(grant)).scopes == {"accounts:read"}


async def test_what_an_answer_leaves_out_stays_as_it_was(oauth, wire, grant, clock):
    wire.leaves_out = frozenset({"refresh_token", "scope", "expires_in"})
    wire.rotates = False

    fresh = await oauth.refresh(grant)

    assert (fresh.refresh, fresh.scopes) == (grant.refresh, grant.scopes)
    assert fresh.expires_at == clock.now() + timedelta(hours=1)


@pytest.mark.parametrize("answer", [None, no("invalid_grant_type"), no("invalid_grant", 401), html(400)])
async def test_a_dead_grant_must_be_given_again(oauth, wire, grant, answer):
    wire.grants.clear()
    wire.to_come += [answer] if answer else []

    with pytest.raises(NeedsMerchant) as caught:
        await oauth.refresh(grant)
    assert caught.value.code == "RECONNECT"


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (httpx.Response(429, headers={"Retry-After": "7"}), 7),
        (httpx.Response(429), 10),
        (httpx.Response(500), 10),
        (html(503), 10),
        (html(200), 10),
        (httpx.Response(200, json={"access_token": "two words", "expires_in": 1}), 10),
        (html(403), 3600),
        (no("invalid_client", 401), 3600),
        (httpx.ConnectError, 10),
        (httpx.ReadTimeout, 10),
    ],
)
async def test_a_refresh_that_is_not_answered_is_tried_again(oauth, wire, grant, answer, after):
    wire.to_come.append(answer)

    with pytest.raises(Retryable) as caught:
        await oauth.refresh(grant)
    assert caught.value.after == after
    assert await oauth.refresh(grant)


async def test_an_address_that_may_not_be_called_is_said_to_be_so(tools, wire, grant):
    guarded = GuardedTransport(httpx.MockTransport(wire))
    config = Config(
        klaviyo_api_url="http://127.0.0.1", klaviyo_client_id="c", klaviyo_client_secret=SecretStr("s")
    )
    async with Client(guarded=True, transport=guarded) as http:
        oauth = SPEC.oauth(replace(tools, http=http, config=config))
        with pytest.raises(Retryable, match="may not be called"):
            await oauth.refresh(grant)


async def test_a_rotated_token_that_was_lost_on_its_way_means_connecting_again(oauth, wire, grant):
    wire.lost = 1
    with pytest.raises(Retryable):
        await oauth.refresh(grant)

    with pytest.raises(NeedsMerchant):
        await oauth.refresh(grant)


ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(["access_token", "refresh_token", "expires_in", "scope"]), ODD))
def test_any_answer_is_a_grant_or_our_error(told):
    clock = ManualClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    before = Grant("at_1", "rt_1", clock.now(), frozenset())
    oauth = registered(Tools(None, None, clock, Config()))

    try:
        grant = oauth._granted(Response(200, {}, json.dumps(told).encode()), before)
    except ProviderError:
        return
    assert grant.access.isprintable()
    assert grant.refresh
    assert grant.expires_at > clock.now()


# Giving back


async def test_a_grant_is_given_back_and_dead_afterwards(oauth, wire, grant):
    await oauth.revoke(grant)

    assert wire.grants == {}
    with pytest.raises(NeedsMerchant):
        await oauth.refresh(grant)


async def test_a_grant_that_is_dead_already_is_given_back(oauth, wire, grant):
    await oauth.revoke(grant)
    await oauth.revoke(grant)


@pytest.mark.parametrize("answer", [httpx.ReadError, httpx.Response(500), no("invalid_client", 401)])
async def test_giving_back_without_an_answer_is_tried_again(oauth, wire, grant, answer):
    wire.to_come.append(answer)

    with pytest.raises(Retryable):
        await oauth.revoke(grant)
    await oauth.revoke(grant)


# What nobody sees


async def test_no_token_is_in_what_a_grant_looks_like_or_in_an_address(grant, wire, oauth):
    await oauth.refresh(grant)

    assert grant.access not in repr(grant)
    assert grant.refresh not in repr(grant)
    for request in wire.requests:
        assert not request.url.query
        assert CLIENT[1] not in str(request.url)


async def test_no_secret_is_in_an_error(oauth, wire, grant):
    told = f"{grant.refresh} {grant.access} {CLIENT[1]} is no good"
    for status in (400, 401, 403, 429, 500):
        wire.to_come.append(no("invalid_request", status, told))
        with pytest.raises(ProviderError) as caught:
            await oauth.refresh(grant)
        said = f"{caught.value!r} {caught.value} {caught.value.fix}"
        assert not any(secret in said for secret in (grant.refresh, grant.access, CLIENT[1]))


class TestAccount:
    """The account behind a grant is asked for with the grant's own token."""

    @pytest.fixture
    def wire(self):
        return Wire()

    @pytest.fixture
    def grant(self, clock):
        return Grant("at_1", "rt_1", clock.now(), frozenset({"accounts:read"}))

    async def test_a_grant_shows_its_account_and_its_own_scopes(self, oauth, wire, grant):
        assert await oauth.account(grant) == Account("AbC123", "Acme", frozenset({"accounts:read"}))
        assert wire.requests[0].headers["authorization"] == "Bearer at_1"

    async def test_a_grant_that_may_not_read_its_account_says_so(self, oauth, wire, grant):
        wire.answer(refusal(403))

        with pytest.raises(MissingScopes) as caught:
            await oauth.account(grant)
        assert caught.value.scopes == ("accounts:read",)
