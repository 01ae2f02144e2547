"""What is wrong stands in the Dashboard once, until it is mended, and nobody waits for Saleor over it."""

import asyncio

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.config import Config
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.client import SaleorClient
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.problems import LONGEST_MESSAGE, Problems, _message
from saleor_stoq_app.saleor.shops import Shop, ShopStatus
from saleor_stoq_app.sandbox.saleor import SandboxSaleor
from tests.sandbox.saleor_caller import with_app

KEY = "klaviyo-setup-incomplete:back_in_stock"
SENTENCE = "Klaviyo setup incomplete: open the app and finish the steps."
MINUTE, HOUR, DAY = 60, 3_600, 86_400


class Wire(httpx.AsyncBaseTransport):
    """Counts the calls to a shop, which may be replaced by another version of it."""

    def __init__(self, saleor: SandboxSaleor) -> None:
        self.saleor = saleor
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return await httpx.ASGITransport(self.saleor.app).handle_async_request(request)


@pytest.fixture
def saleor(clock):
    return with_app(SandboxSaleor(clock))


@pytest.fixture
def wire(saleor):
    return Wire(saleor)


@pytest.fixture
async def problems(wire, clock):
    async with Client(guarded=False, transport=wire) as http:
        yield Problems(SaleorClient(http, Config()), clock)


def shop_of(saleor: SandboxSaleor, schema_version: str = "3.23") -> Shop:
    url, app = parse_saleor_api_url(saleor.shop.api_url), saleor.installed
    return Shop("s" * 32, "pub_x", url, app.id, app.token, {}, schema_version, ShopStatus.ACTIVE)


def shown(saleor: SandboxSaleor) -> list[tuple[str, str, int]]:
    return [(it.key, it.message, it.count) for it in saleor.installed.problems if it.is_open]


async def test_a_problem_is_shown_and_taken_back(problems, saleor):
    shop = shop_of(saleor)
    await problems.report(shop, KEY, SENTENCE)
    assert shown(saleor) == [(KEY, SENTENCE, 1)]

    await problems.clear(shop, [KEY])
    assert shown(saleor) == []


async def test_a_standing_problem_is_told_once_a_day_and_stays_one_line(problems, saleor, clock, wire):
    shop = shop_of(saleor)
    for _ in range(3 * 24 + 1):
        await problems.report(shop, KEY, SENTENCE)
        await problems.report(shop, KEY, SENTENCE)
        clock.advance(HOUR)

    assert shown(saleor) == [(KEY, SENTENCE, 4)]
    assert wire.calls == 4


async def test_another_sentence_replaces_the_first_at_once(problems, saleor):
    shop = shop_of(saleor)
    await problems.report(shop, KEY, SENTENCE)
    await problems.report(shop, KEY, "Klaviyo is disconnected: connect it again.")

    assert shown(saleor) == [(KEY, "Klaviyo is disconnected: connect it again.", 2)]


async def test_what_staff_dismissed_comes_back_only_after_a_day(problems, saleor, clock):
    shop = shop_of(saleor)
    await problems.report(shop, KEY, SENTENCE)
    saleor.installed.problems[0].dismiss("staff@example.com")

    clock.advance(DAY - 1)
    await problems.report(shop, KEY, SENTENCE)
    assert shown(saleor) == []

    clock.advance(1)
    await problems.report(shop, KEY, SENTENCE)
    assert shown(saleor) == [(KEY, SENTENCE, 1)]


async def test_a_problem_that_comes_back_is_told_again(problems, saleor):
    shop = shop_of(saleor)
    for _ in range(2):
        await problems.report(shop, KEY, SENTENCE)
        await problems.clear(shop, [KEY])
    await problems.report(shop, KEY, SENTENCE)

    assert shown(saleor) == [(KEY, SENTENCE, 1)]


async def test_clearing_what_is_clear_asks_saleor_now_and_then_only(problems, saleor, clock, wire):
    shop = shop_of(saleor)
    for _ in range(31):
        await problems.clear(shop, [KEY, "another-key"])
        clock.advance(MINUTE)

    assert wire.calls == 3


async def test_what_an_earlier_process_told_is_taken_back(problems, saleor, wire, clock):
    shop = shop_of(saleor)
    async with Client(guarded=False, transport=wire) as http:
        await Problems(SaleorClient(http, Config()), clock).report(shop, KEY, SENTENCE)

    await problems.clear(shop, [KEY])

    assert shown(saleor) == []


async def test_only_the_named_keys_are_cleared(problems, saleor):
    shop = shop_of(saleor)
    await problems.report(shop, "one-thing", SENTENCE)
    await problems.report(shop, "other-thing", SENTENCE)

    await problems.clear(shop, ["one-thing"])

    assert shown(saleor) == [("other-thing", SENTENCE, 1)]


async def test_hundreds_of_keys_are_cleared_in_hundreds(problems, saleor, wire):
    shop = shop_of(saleor)
    await problems.report(shop, "key-249", SENTENCE)

    await problems.clear(shop, [f"key-{number}" for number in [*range(250), *range(250)]])

    assert shown(saleor) == []
    assert wire.calls == 1 + 3


async def test_no_keys_are_nothing_to_clear(problems, saleor, wire):
    await problems.clear(shop_of(saleor), [])

    assert wire.calls == 0


@pytest.mark.parametrize("version", ["3.21.69", "3.22.35"])
async def test_a_saleor_without_problems_is_asked_once_a_day(problems, saleor, clock, wire, version):
    wire.saleor = with_app(SandboxSaleor(clock, version=version))
    shop = shop_of(wire.saleor, version[:4])
    for _ in range(5):
        await problems.report(shop, KEY, SENTENCE)
        await problems.clear(shop, [KEY, "another-key"])
        clock.advance(HOUR)
    assert wire.calls == 1

    wire.saleor = saleor
    clock.advance(DAY)
    await problems.report(shop, KEY, SENTENCE)
    assert shown(saleor) == [(KEY, SENTENCE, 1)]


async def test_an_upgraded_saleor_is_told_at_once(problems, saleor, clock, wire):
    wire.saleor = with_app(SandboxSaleor(clock, version="3.21.69"))
    await problems.report(shop_of(wire.saleor, "3.21"), KEY, SENTENCE)

    wire.saleor = saleor
    await problems.report(shop_of(saleor), KEY, SENTENCE)

    assert shown(saleor) == [(KEY, SENTENCE, 1)]


@pytest.mark.parametrize("version", ["3.22.36", "3.23.28", "3.24.0"])
async def test_every_saleor_with_problems_shows_them(problems, clock, wire, version):
    wire.saleor = with_app(SandboxSaleor(clock, version=version))

    await problems.report(shop_of(wire.saleor), KEY, SENTENCE)

    assert shown(wire.saleor) == [(KEY, SENTENCE, 1)]


@pytest.mark.parametrize("fault", ["unavailable", "rate_limited", "html", "half", "huge"])
async def test_a_saleor_in_trouble_is_told_a_minute_later(problems, saleor, clock, wire, fault):
    shop = shop_of(saleor)
    saleor.faults.add("graphql", fault, times=None)
    for _ in range(5):
        await problems.report(shop, KEY, SENTENCE)
    assert wire.calls == 1

    saleor.faults.clear()
    clock.advance(MINUTE)
    await problems.report(shop, KEY, SENTENCE)
    assert shown(saleor)[0][:2] == (KEY, SENTENCE)


async def test_a_clearing_that_got_lost_is_repeated(problems, saleor, clock):
    shop = shop_of(saleor)
    await problems.report(shop, KEY, SENTENCE)
    saleor.faults.add("graphql", "unavailable", times=1)
    await problems.clear(shop, [KEY])
    assert shown(saleor)

    clock.advance(MINUTE)
    await problems.clear(shop, [KEY])
    assert shown(saleor) == []


async def test_a_report_that_was_broken_off_is_repeated(problems, saleor, clock):
    shop = shop_of(saleor)
    saleor.faults.add("graphql", "hang", times=1)
    task = asyncio.create_task(problems.report(shop, KEY, SENTENCE))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    clock.advance(MINUTE)
    await problems.report(shop, KEY, SENTENCE)
    assert shown(saleor) == [(KEY, SENTENCE, 1)]


async def test_reports_at_once_are_one(problems, saleor, wire):
    shop = shop_of(saleor)
    await asyncio.gather(*(problems.report(shop, KEY, SENTENCE) for _ in range(5)))

    assert wire.calls == 1


async def test_an_app_that_is_switched_off_tells_nothing_and_raises_nothing(problems, saleor):
    shop = shop_of(saleor)
    saleor.installed.is_active = False

    await problems.report(shop, KEY, SENTENCE)
    await problems.clear(shop, [KEY])

    assert saleor.installed.problems == []


async def test_a_host_that_may_not_be_called_raises_nothing(clock, saleor):
    async with Client(guarded=True) as http:
        await Problems(SaleorClient(http, Config()), clock).report(shop_of(saleor), KEY, SENTENCE)


async def test_what_saleor_refuses_to_show_is_logged_and_not_repeated(clock, saleor):
    calls = []
    error = {"field": "key", "code": "INVALID"}

    def refuse(request):
        calls.append(request)
        return httpx.Response(200, json={"data": {"appProblemCreate": {"errors": [error]}}})

    async with Client(guarded=False, transport=httpx.MockTransport(refuse)) as http:
        problems = Problems(SaleorClient(http, Config()), clock)
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                await problems.report(shop_of(saleor), KEY, SENTENCE)

    assert [(it["event"], it["code"]) for it in logs] == [("problems.refused", "INVALID")]
    assert len(calls) == 1


async def test_a_new_installation_hears_of_old_problems(problems, saleor):
    await problems.report(shop_of(saleor), KEY, SENTENCE)
    saleor.shop.apps.clear()
    with_app(saleor).installed.key = 2

    await problems.report(shop_of(saleor), KEY, SENTENCE)

    assert shown(saleor) == [(KEY, SENTENCE, 1)]


@pytest.mark.parametrize("key", ["", "ab", "k" * 129])
async def test_a_key_or_message_that_saleor_would_refuse_is_our_mistake(problems, saleor, wire, key):
    with pytest.raises(ValueError, match="3 to 128"):
        await problems.report(shop_of(saleor), key, SENTENCE)
    with pytest.raises(ValueError, match="3 to 128"):
        await problems.clear(shop_of(saleor), [key])
    with pytest.raises(ValueError, match="sentence"):
        await problems.report(shop_of(saleor), KEY, "no")
    assert wire.calls == 0


@given(st.text(min_size=3, max_size=5_000))
def test_a_message_is_kept_as_far_as_saleor_keeps_it(message):
    kept = _message(message)

    assert len(kept) <= LONGEST_MESSAGE
    assert kept == message or message.startswith(kept[:-1])
