"""Time as a dependency."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.clock import ManualClock, SystemClock, new_id

MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


async def test_the_manual_clock_moves_only_when_told(clock):
    start = clock.now()
    assert clock.now() == start
    await clock.sleep(60)
    clock.advance(0.5)
    assert clock.now() - start == timedelta(seconds=60.5)


async def test_the_systems_clock_is_aware_and_moves_on():
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0.001)
    assert before.tzinfo is UTC
    assert clock.now() > before


@given(earlier=MOMENTS, later=MOMENTS)
def test_ids_fit_their_column_and_sort_by_time(earlier, later):
    first, second = new_id(min(earlier, later)), new_id(max(earlier, later))
    assert len(first) == len(second) == 32
    assert first[:12] <= second[:12]


def test_ids_of_one_moment_differ():
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    assert len({new_id(clock.now()) for _ in range(10_000)}) == 10_000
