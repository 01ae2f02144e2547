"""Answers kept for a while."""

import asyncio
import gc

import pytest

from saleor_stoq_app.alerts import recent
from saleor_stoq_app.alerts.recent import Recent
from saleor_stoq_app.errors import Unavailable


class Oracle:
    """Answers each question with how often it was asked, once it may speak."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.speaks = asyncio.Event()
        self.speaks.set()
        self.fails = False

    async def ask(self, question: str) -> int:
        self.asked.append(question)
        await self.speaks.wait()
        if self.fails:
            raise Unavailable("Not now.")
        return len(self.asked)


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture
def answers(oracle, clock) -> Recent[str, int]:
    return Recent(oracle.ask, clock, seconds=30)


async def test_an_answer_is_kept_for_its_time(answers, clock):
    assert [await answers.get("a"), await answers.get("a")] == [1, 1]

    clock.advance(30)

    assert await answers.get("a") == 2


async def test_many_who_ask_at_once_share_one_asking(answers, oracle):
    oracle.speaks.clear()
    waiting = [asyncio.create_task(answers.get("a")) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    oracle.speaks.set()

    assert await asyncio.gather(*waiting[1:]) == [1] * 49
    assert oracle.asked == ["a"]


async def test_a_failure_reaches_everybody_who_waited_and_is_not_kept(answers, oracle):
    oracle.fails = True
    told = await asyncio.gather(answers.get("a"), answers.get("a"), return_exceptions=True)
    oracle.fails = False

    assert [type(error) for error in told] == [Unavailable, Unavailable]
    assert await answers.get("a") == 2


async def test_a_failure_that_nobody_waits_for_is_no_noise(answers, oracle):
    oracle.fails = True
    oracle.speaks.clear()
    asked = asyncio.create_task(answers.get("a"))
    await asyncio.sleep(0)
    asked.cancel()
    oracle.speaks.set()
    await asyncio.gather(asked, return_exceptions=True)
    gc.collect()

    oracle.fails = False
    assert await answers.get("a") == 2


async def test_the_oldest_answer_gives_way(answers, oracle):
    for number in range(recent.MOST + 1):
        await answers.get(str(number))

    await answers.get(str(recent.MOST))
    assert len(oracle.asked) == recent.MOST + 1
    await answers.get("0")
    assert len(oracle.asked) == recent.MOST + 2
