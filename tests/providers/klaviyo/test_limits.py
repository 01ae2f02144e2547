"""Klaviyo's windows are never exceeded, however unevenly calls are prepared."""

import asyncio
from datetime import UTC, datetime, timedelta

import fakeredis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saleor_stoq_app.clock import ManualClock
from saleor_stoq_app.coordination import Limiter, Window
from saleor_stoq_app.errors import Retryable
from saleor_stoq_app.http import Response
from saleor_stoq_app.providers.klaviyo import operations as op
from saleor_stoq_app.providers.klaviyo.limits import Limits, policy
from tests.providers.klaviyo.wire import refusal
from tests.providers.messages import alert


@pytest.fixture
async def limits(clock):
    async with fakeredis.FakeAsyncRedis() as redis:
        yield Limits(Limiter(redis, clock), clock, "AbC123:api_key")


def told(status=200, **headers):
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


def test_a_policy_is_read_as_klaviyo_writes_it():
    windows = policy("1, 1;w=1, 15;w=60, 100;w=86400")

    assert [(window.calls, round(window.seconds)) for window in windows] == [
        (1, 1),
        (15, 60),
        (100, 86_400),
    ]


@given(st.text() | st.from_regex(r"(\d+(;w=\d+)?,? ?){1,4}"))
def test_any_policy_is_read_as_windows_that_let_something_through(said):
    assert all(isinstance(w, Window) and w.calls > 0 and w.seconds > 0 for w in policy(said))


async def test_a_short_wait_is_slept_through(limits, clock):
    began = clock.now()
    for _ in range(21):
        await limits.turn(op.EVENTS)

    assert timedelta(seconds=2) < clock.now() - began < timedelta(seconds=2.2)


async def test_a_long_wait_is_handed_back(limits):
    for _ in range(15):
        await limits.turn(op.ACCOUNT)

    with pytest.raises(Retryable) as caught:
        await limits.turn(op.ACCOUNT)

    assert caught.value.after > 40


async def test_other_limits_are_learned_from_an_answer(limits):
    await limits.learn(op.EVENTS, told(ratelimit_limit="2, 2;w=1, 3;w=60"))

    assert [await limits.gate(op.EVENTS, 1) for _ in range(2)] == [0, 0]
    assert await limits.gate(op.EVENTS, 1) == pytest.approx(1.05, abs=0.01)


async def test_a_policy_without_sense_changes_nothing(limits):
    await limits.learn(op.EVENTS, told(ratelimit_limit="a lot"))

    assert [await limits.gate(op.EVENTS, 1) for _ in range(10)] == [0] * 10


async def test_a_minute_that_others_used_up_is_waited_for(limits):
    await limits.learn(op.EVENTS, told(ratelimit_remaining="0", ratelimit_reset="41"))

    assert await limits.gate(op.EVENTS, 1) == 41


@pytest.mark.parametrize("reset", ["0", "1", "", "soon"])
async def test_a_second_that_is_used_up_is_no_news(limits, reset):
    await limits.learn(op.EVENTS, told(ratelimit_remaining="0", ratelimit_reset=reset))

    assert await limits.gate(op.EVENTS, 1) == 0


async def test_accounts_and_operations_do_not_share_windows(limits, clock):
    async with fakeredis.FakeAsyncRedis() as redis:
        other = Limits(Limiter(redis, clock), clock, "Other1:api_key")
        await limits.learn(op.EVENTS, told(429, retry_after="30"))

        assert await limits.gate(op.EVENTS, 1) == 30
        assert await limits.gate(op.EVENT, 1) == 0
        assert await other.gate(op.EVENTS, 1) == 0


async def test_the_strategy_waits_for_its_turn_and_learns_from_the_wire(klaviyo, wire, clock):
    wire.headers = {"RateLimit-Limit": "1, 1;w=1, 15;w=60"}
    messages = [alert(number) for number in range(60)]
    batch = klaviyo.plan(messages[0].stage, due=60, repeat=False)
    for _ in range(3):
        await klaviyo.send(batch, messages)
    wire.answer(refusal(429, **{"Retry-After": "30"}))
    with pytest.raises(Retryable):
        await klaviyo.send(batch, messages)
    calls = len(wire.requests)

    with pytest.raises(Retryable) as caught:
        await klaviyo.send(batch, messages)

    assert caught.value.after == pytest.approx(30)
    assert len(wire.requests) == calls


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0, 2), min_size=5, max_size=40), st.lists(st.floats(0, 0.025), min_size=1, max_size=5)
)
def test_fixed_windows_hold_whatever_lies_between_gate_and_wire(preparations, travels):
    asyncio.run(_fill_windows(preparations, travels))


async def _fill_windows(preparations, travels):
    """Fixed windows that begin with any first arrival hold if no second of arrivals holds more than ten."""
    clock = ManualClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    arrivals = []
    async with fakeredis.FakeAsyncRedis() as redis:
        limits = Limits(Limiter(redis, clock), clock, "AbC123:api_key")
        for number in range(120):
            while wait := await limits.gate(op.EVENTS, 1):
                await clock.sleep(wait)
            await clock.sleep(preparations[number % len(preparations)] if number % 20 == 0 else 0)
            await limits.turn(op.EVENTS)
            arrivals.append(clock.now().timestamp() + travels[number % len(travels)])
    arrivals.sort()
    assert all(later - earlier >= 1 for earlier, later in zip(arrivals, arrivals[10:], strict=False))
