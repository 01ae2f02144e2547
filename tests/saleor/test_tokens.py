"""Staff are recognised by the shop's present keys; everybody else hears the same words."""

import asyncio

import httpx
import pytest
import structlog

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unauthenticated, Unavailable
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.keys import KeyRing
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.saleor.tokens import Tokens, not_recognised
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from tests.sandbox.saleor_caller import with_app


class Counted(httpx.ASGITransport):
    """Counts how often the shop is called."""

    calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return await super().handle_async_request(request)


@pytest.fixture
def saleor(clock):
    return with_app(SandboxSaleor(clock))


@pytest.fixture
def shops(database, vault, clock):
    return Shops(database, vault, clock)


@pytest.fixture
async def shop(saleor, shops):
    url, app = parse_saleor_api_url(saleor.shop.api_url), saleor.installed
    jwks = saleor.key().jwks()
    return await shops.save(url, app_id=app.id, token=app.token, jwks=jwks, schema_version="3.23")


@pytest.fixture
def wire(saleor):
    return Counted(saleor.app)


@pytest.fixture
async def tokens(wire, shops, clock):
    async with Client(guarded=False, transport=wire) as http:
        yield Tokens(KeyRing(shops, http, Config(), clock), clock)


async def refusal(tokens, shop, token) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as refused:
        await tokens.staff_of(shop, token)
    return refused.value


async def test_staff_of_the_shop_are_recognised_without_asking_it(tokens, shop, saleor, wire):
    staff = await tokens.staff_of(shop, saleor.dashboard_token(permissions=["MANAGE_APPS"]))

    assert staff.permissions == {"MANAGE_APPS"}
    assert wire.calls == 0


async def test_our_clock_says_when_a_token_ends(tokens, shop, saleor, clock):
    clock.advance(20 * 365 * 86_400)
    token = saleor.dashboard_token()
    assert await tokens.staff_of(shop, token)

    clock.advance(310)
    assert await refusal(tokens, shop, token)


async def test_every_refusal_is_in_the_same_words(tokens, shop, saleor, clock):
    other = with_app(SandboxSaleor(clock, api_url="https://other.example/graphql/"))
    told = [
        await refusal(tokens, shop, token)
        for token in (
            "",
            "junk",
            saleor.customer_token(),
            saleor.staff_token(),
            saleor.dashboard_token(issued_at=clock.now().replace(year=2020)),
            other.dashboard_token(),
        )
    ]

    expected = not_recognised()
    assert {type(it) for it in told} == {Unauthenticated}
    assert {(it.code, it.message, it.fix) for it in told} == {(expected.code, expected.message, expected.fix)}


async def test_the_log_says_why_and_neither_who_nor_the_token(tokens, shop, saleor):
    token = saleor.customer_token("jo@example.com")
    with structlog.testing.capture_logs() as logs:
        await refusal(tokens, shop, token)

    assert [(it["event"], it["because"], it["shop"]) for it in logs] == [("staff.refused", "CLAIMS", shop.id)]
    assert "jo@example.com" not in str(logs)
    assert token not in str(logs)


async def test_a_new_key_of_the_shop_is_fetched_once_and_kept(tokens, shop, shops, saleor, wire):
    saleor.rotate_key()
    token = saleor.dashboard_token()

    assert len(await asyncio.gather(*(tokens.staff_of(shop, token) for _ in range(10)))) == 10
    assert wire.calls == 1

    renewed = await shops.by_id(shop.id, fresh=True)
    assert await tokens.staff_of(renewed, token)
    assert wire.calls == 1


async def test_the_old_key_counts_no_more(tokens, shop, shops, saleor):
    old = saleor.dashboard_token()
    saleor.rotate_key()
    await tokens.staff_of(shop, saleor.dashboard_token())

    renewed = await shops.by_id(shop.id, fresh=True)
    assert await refusal(tokens, renewed, old)


async def test_strangers_keys_make_us_ask_once_a_minute(tokens, shop, clock, wire):
    stranger = with_app(SandboxSaleor(clock)).dashboard_token()
    for _ in range(20):
        await refusal(tokens, shop, stranger)
    assert wire.calls == 1

    clock.advance(60)
    await refusal(tokens, shop, stranger)
    assert wire.calls == 2


async def test_a_wrong_signature_under_a_known_key_asks_nobody(tokens, shop, saleor, wire):
    head, body, _ = saleor.dashboard_token().split(".")

    await refusal(tokens, shop, f"{head}.{body}.{'A' * 342}")

    assert wire.calls == 0


async def test_within_the_cool_down_the_last_answer_serves_a_caller_who_knows_the_old_keys(
    tokens, shop, saleor, wire
):
    saleor.rotate_key()
    token = saleor.dashboard_token()
    await tokens.staff_of(shop, token)

    assert await tokens.staff_of(shop, token)
    assert wire.calls == 1


@pytest.mark.parametrize("fault", ["unavailable", "html", "huge", "half"])
async def test_keys_that_cannot_be_had_mean_later_and_not_nobody(tokens, shop, saleor, clock, wire, fault):
    saleor.rotate_key()
    token = saleor.dashboard_token()
    saleor.faults.add("jwks", fault, times=None)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await tokens.staff_of(shop, token)
    assert wire.calls == 1

    saleor.faults.clear()
    clock.advance(60)
    assert await tokens.staff_of(shop, token)


async def test_a_token_from_before_a_new_installation_is_refused(tokens, shop, shops, saleor):
    token = saleor.dashboard_token()
    again = await shops.save(
        shop.saleor_api_url, app_id="QXBwOjk=", token="u", jwks=shop.jwks, schema_version="3.23"
    )

    assert await refusal(tokens, again, token)
