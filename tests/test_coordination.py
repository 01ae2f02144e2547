"""Pacing: whatever happens, no stretch of time ever holds more calls than the other side allows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import fakeredis
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from saleor_stoq_app import coordination
from saleor_stoq_app.clock import ManualClock
from saleor_stoq_app.coordination import Limiter, Window, connect

BURST, STEADY = Window(10, 1), Window(150, 60)


@pytest.fixture
def limiter(redis, clock) -> Limiter:
    return Limiter(redis, clock)


def fullest(taken: Sequence[tuple[int, int]], window: Window) -> int:
    """Return the largest sum of calls that any stretch of the window's length holds."""
    length = window.seconds * 1000
    return max(sum(cost for at, cost in taken if start <= at < start + length) for start, _cost in taken)


TURNS = st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 10), st.booleans()), min_size=1, max_size=15)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(turns=[(999, 10, True), (1, 10, True), (998, 10, True), (1, 10, True)])
@example(turns=[(0, 10, False)] * 20)
@given(turns=TURNS)
async def test_no_window_ever_holds_more_than_it_may(redis: Redis, turns):
    """Callers that wait as told, callers that ask again at once, and costs of any size, all on one key."""
    await redis.flushall()
    start = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    clock = ManualClock(start)
    limiter = Limiter(redis, clock)
    taken: list[tuple[int, int]] = []
    for milliseconds, cost, patient in turns:
        clock.advance(milliseconds / 1000)
        wait = await limiter.pace("account", [BURST, STEADY], cost)
        if wait and patient:
            clock.advance(wait)
            wait = await limiter.pace("account", [BURST, STEADY], cost)
        if wait == 0:
            taken.append(((clock.now() - start) // timedelta(milliseconds=1), cost))
    assert fullest(taken, BURST) <= BURST.calls
    assert fullest(taken, STEADY) <= STEADY.calls


async def test_whoever_waits_as_told_may_go(limiter, clock):
    for _ in range(BURST.calls):
        assert await limiter.pace("account", [BURST, STEADY]) == 0
    wait = await limiter.pace("account", [BURST, STEADY])
    assert wait == 1
    clock.advance(wait - 0.001)
    assert await limiter.pace("account", [BURST, STEADY]) == 0.001
    clock.advance(0.001)
    assert await limiter.pace("account", [BURST, STEADY]) == 0


async def test_a_refusal_takes_nothing_out_of_any_window(limiter):
    assert await limiter.pace("account", [Window(10, 1)], 8) == 0
    assert await limiter.pace("account", [Window(10, 1)], 3) > 0
    assert await limiter.pace("account", [Window(10, 1)], 2) == 0


async def test_keys_do_not_wait_for_each_other(limiter):
    assert await limiter.pace("one", [Window(1, 60)]) == 0
    assert await limiter.pace("other", [Window(1, 60)]) == 0
    assert await limiter.pace("one", [Window(1, 60)]) > 0


async def test_later_means_later_for_everybody(limiter, clock):
    await limiter.block("account", 30)
    assert await limiter.pace("account", [BURST]) == 30
    clock.advance(29)
    assert await limiter.pace("account", [BURST]) == 1
    clock.advance(1)
    assert await limiter.pace("account", [BURST]) == 0


async def test_several_processes_share_one_limit(redis, clock):
    several = [Limiter(redis, clock) for _ in range(3)]
    waits = [await several[turn % 3].pace("account", [BURST]) for turn in range(12)]
    assert waits.count(0) == BURST.calls


async def test_a_visitor_over_any_limit_is_told_how_long_to_wait(limiter):
    limits = {"address:a": Window(3, 60), "contact:b": Window(2, 600)}
    assert [await limiter.exceeded(limits) for _ in range(2)] == [0, 0]
    assert 60 < await limiter.exceeded(limits) <= 600
    assert await limiter.exceeded({"address:other": Window(3, 60)}) == 0


async def test_after_a_flush_everything_works_and_nothing_is_remembered(limiter, redis):
    await limiter.pace("account", [Window(1, 60)])
    await redis.flushall()
    await redis.script_flush()
    assert await limiter.pace("account", [Window(1, 60)]) == 0
    assert await limiter.exceeded({"address:a": Window(1, 60)}) == 0


async def test_what_is_kept_ends_by_itself(limiter, redis):
    await limiter.pace("account", [BURST, STEADY])
    await limiter.block("account", 5)
    await limiter.exceeded({"address:a": Window(3, 60)})
    keys = await redis.keys()
    assert len(keys) == 3
    assert all([0 < await redis.pttl(key) <= 60_000 for key in keys])


async def test_without_an_address_one_process_has_its_own_redis():
    one, other = connect(""), connect("")
    await one.set("a", "1")
    assert isinstance(one, fakeredis.FakeAsyncRedis)
    assert await other.get("a") is None
    await one.aclose()
    await other.aclose()


@pytest.mark.servers
async def test_an_address_leads_to_the_shared_redis(redis_url):
    one, other = connect(redis_url), connect(redis_url)
    await one.set("a", "1")
    assert await other.get("a") == b"1"
    await one.aclose()
    await other.aclose()


async def test_a_single_process_counts_visitors_as_a_shared_redis_does(redis, clock):
    """The two limiters agree while nothing ends; the shared one counts by Redis' own clock."""
    shared = coordination.limiter(redis, clock, shared=True)
    alone = coordination.limiter(redis, clock, shared=False)
    visits = [{f"address:{n % 3}": Window(2, 60), "shop": Window(5, 600)} for n in range(12)]

    for visit in visits:
        assert (await shared.exceeded(visit) > 0) == (await alone.exceeded(visit) > 0)


async def test_a_single_process_forgets_visits_whose_window_is_over(redis, clock):
    alone = coordination.limiter(redis, clock, shared=False)
    assert [await alone.exceeded({"a": Window(1, 60)}) for _ in range(2)] == [0, 60]
    clock.advance(60)

    assert await alone.exceeded({"a": Window(1, 60)}) == 0
    clock.advance(200)
    await alone.exceeded({"b": Window(1, 60)})
    assert set(alone._visits) == {"b"}


async def test_a_visit_over_its_own_limit_takes_nothing_from_the_others(limiter):
    limits = {"address:a": Window(1, 60), "shop": Window(2, 60)}
    for _ in range(5):
        await limiter.exceeded(limits)

    assert await limiter.exceeded({"address:b": Window(1, 60), "shop": Window(2, 60)}) == 0
