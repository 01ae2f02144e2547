"""The loops that do what is due: every duty takes turns over the shops, and each turn is bounded."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.log import get
from saleor_stoq_app.meters import Meters
from saleor_stoq_app.wiring import House

POLL = 0.25
DISPATCH_SLOTS = 8
TROUBLE = 5.0

log = get(__name__)


class Duty(Protocol):
    """Something that falls due per shop."""

    async def due(self) -> list[str]:
        """Return the shops for which something is due now."""

    async def turn(self, shop_id: str) -> float | None:
        """Do a bounded piece; return the seconds until the next may follow, None if nothing is left."""


@dataclass(frozen=True, slots=True)
class Post:
    """A duty and how many turns of one shop may run side by side."""

    duty: Duty
    slots: int = 1


class Rounds:
    """Works one post: every due shop gets its own slots, so that no shop waits for another."""

    def __init__(self, post: Post, clock: Clock, meters: Meters) -> None:
        self._meters = meters
        self._duty = post.duty
        self._slots = post.slots
        self._clock = clock
        self._busy: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, then let running turns finish."""
        while not stop.is_set():
            await self._start_due(stop)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL)
        await asyncio.gather(*self._tasks)

    async def _start_due(self, stop: asyncio.Event) -> None:
        try:
            due = await self._duty.due()
        except Exception as error:  # a loop that dies silently forgets everybody
            log.exception("duty.due_failed", duty=type(self._duty).__name__, error=type(error).__name__)
            return
        for shop_id in due:
            while self._busy[shop_id] < self._slots:
                self._busy[shop_id] += 1
                task = asyncio.create_task(self._work(shop_id, stop))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _work(self, shop_id: str, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set() and (wait := await self._turn(shop_id)) is not None:
                await self._pause(wait, stop)
        finally:
            self._busy[shop_id] -= 1

    async def _pause(self, seconds: float, stop: asyncio.Event) -> None:
        """Wait, but not past the end."""
        if seconds:
            waits = [asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(stop.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()

    async def _turn(self, shop_id: str) -> float | None:
        try:
            with self._meters.turn(type(self._duty).__name__):
                return await self._duty.turn(shop_id)
        except Exception as error:  # one shop's trouble must not stop the others
            log.exception(
                "duty.turn_failed", duty=type(self._duty).__name__, shop=shop_id, error=type(error).__name__
            )
            return TROUBLE


def posts(house: House) -> list[Post]:
    """Return what a worker does; looks come first, because everything else follows from them."""
    return [
        Post(house.standing),
        Post(house.looks),
        Post(house.restocks),
        *(Post(dispatcher, slots=DISPATCH_SLOTS) for dispatcher in house.dispatchers),
        *(Post(proof) for proof in house.proofs),
        Post(house.jobs),
    ]


class Worker:
    """Runs every post side by side."""

    def __init__(self, posts: Sequence[Post], clock: Clock, meters: Meters | None = None) -> None:
        self._posts = posts
        self._meters = meters or Meters()
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.gather(*(Rounds(post, self._clock, self._meters).run(stop) for post in self._posts))

    async def until_idle(self, *, most: int = 10_000) -> None:
        """Do everything that is due now, in order and one turn at a time; for tests and one-shot commands."""
        for _ in range(most):
            turns = [(post.duty, shop_id) for post in self._posts for shop_id in await post.duty.due()]
            if not turns:
                return
            for duty, shop_id in turns:
                await self._clock.sleep(await duty.turn(shop_id) or 0)
        msg = f"still not idle after {most} rounds"
        raise RuntimeError(msg)
