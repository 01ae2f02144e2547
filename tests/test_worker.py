"""The loops: every shop gets its turns, trouble stays with its shop, and a stop finishes what runs."""

import asyncio

import pytest

from saleor_stoq_app.meters import Meters
from saleor_stoq_app.worker import TROUBLE, Post, Rounds, Worker


class Duty:
    """Has work for shops, by number of turns; notes who was worked on, and how many at once."""

    def __init__(self, **turns):
        self.left = turns
        self.done = []
        self.running = self.most = 0
        self.gate = None
        self.fails = set()
        self.wait = 0

    async def due(self):
        if "due" in self.fails:
            raise RuntimeError
        return [shop for shop, left in self.left.items() if left > 0]

    async def turn(self, shop):
        if self.left[shop] <= 0:
            return None
        self.left[shop] -= 1
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        self.running -= 1
        if shop in self.fails:
            raise RuntimeError
        self.done.append(shop)
        return self.wait


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a loop under test has no event for it
            await asyncio.sleep(0.001)


@pytest.fixture
async def rounds(clock):
    """Start loops; all are stopped in the end."""
    stop, running = asyncio.Event(), []

    def start(duty, slots=1):
        running.append(asyncio.create_task(Rounds(Post(duty, slots), clock, Meters()).run(stop)))
        return stop

    yield start
    stop.set()
    await asyncio.gather(*running)


async def test_what_is_due_is_done_turn_after_turn(rounds):
    duty = Duty(a=3)
    rounds(duty)
    await until(lambda: duty.done == ["a"] * 3)


async def test_a_shop_with_much_work_does_not_hold_up_one_with_little(rounds):
    duty = Duty(big=10_000, small=1)
    rounds(duty)
    await until(lambda: "small" in duty.done)
    assert duty.left["big"] > 0


async def test_a_slow_shop_holds_up_nobody(rounds):
    slow, quick = Duty(a=1), Duty(b=1)
    slow.gate = asyncio.Event()
    rounds(slow)
    rounds(quick)
    await until(lambda: quick.done == ["b"])
    assert slow.done == []
    slow.gate.set()


async def test_one_shop_gets_as_many_turns_side_by_side_as_it_has_slots(rounds):
    duty = Duty(a=10)
    duty.gate = asyncio.Event()
    rounds(duty, slots=4)
    await until(lambda: duty.running == 4)
    duty.gate.set()
    await until(lambda: len(duty.done) == 10)
    assert duty.most == 4


async def test_trouble_in_one_shop_leaves_the_others_alone_and_is_tried_again(rounds, clock):
    duty = Duty(bad=2, good=2)
    duty.fails.add("bad")
    before = clock.now()
    rounds(duty)
    await until(lambda: duty.left == {"bad": 0, "good": 0})
    assert duty.done == ["good", "good"]
    assert (clock.now() - before).total_seconds() >= TROUBLE


async def test_a_loop_survives_that_nobody_can_say_what_is_due(rounds):
    duty = Duty(a=1)
    duty.fails.add("due")
    rounds(duty)
    await asyncio.sleep(0.01)
    duty.fails.clear()
    await until(lambda: duty.done == ["a"])


async def test_a_stop_lets_the_turn_that_runs_finish_and_starts_no_other(clock):
    duty, stop = Duty(a=5), asyncio.Event()
    duty.gate = asyncio.Event()
    running = asyncio.create_task(Rounds(Post(duty), clock, Meters()).run(stop))
    await until(lambda: duty.running == 1)
    stop.set()
    duty.gate.set()
    await running
    assert (duty.done, duty.left) == (["a"], {"a": 4})


async def test_a_pause_does_not_outlast_a_stop(clock):
    class Never:
        def now(self):
            return clock.now()

        async def sleep(self, _seconds):
            await asyncio.Event().wait()

    duty, stop = Duty(a=5), asyncio.Event()
    duty.wait = 3600
    running = asyncio.create_task(Rounds(Post(duty), Never(), Meters()).run(stop))
    await until(lambda: duty.done == ["a"])
    stop.set()
    async with asyncio.timeout(5):
        await running


async def test_until_idle_does_all_that_is_due_and_waits_as_it_is_told(clock):
    first, second = Duty(a=2, b=1), Duty(a=1)
    first.wait = 10
    before = clock.now()
    await Worker([Post(first), Post(second)], clock).until_idle()
    assert (sorted(first.done), second.done) == (["a", "a", "b"], ["a"])
    assert (clock.now() - before).total_seconds() == 30


async def test_until_idle_says_when_there_is_no_end(clock):
    with pytest.raises(RuntimeError, match="still not idle after 3 rounds"):
        await Worker([Post(Duty(a=100))], clock).until_idle(most=3)


async def test_a_worker_runs_every_post_until_it_is_told_to_stop(clock):
    duties, stop = (Duty(a=1), Duty(b=1)), asyncio.Event()
    running = asyncio.create_task(Worker([Post(duty) for duty in duties], clock).run(stop))
    await until(lambda: all(duty.done for duty in duties))
    stop.set()
    await running
