"""Trouble on demand at the shop's two doors, so that callers can be tried against a bad day."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Literal

Door = Literal["graphql", "jwks"]
Kind = Literal["unavailable", "rate_limited", "html", "half", "slow", "hang", "huge", "wrong_key"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble; `seconds` is how slow, or after how long to try again."""

    kind: Kind
    seconds: float = 0.0


class Faults:
    """What goes wrong next at each door: so many times, or until cleared.

    ::

        unavailable   503 with an HTML page
        rate_limited  429 with Retry-After, if `seconds` are given
        html          200 with an HTML page
        half          an answer that breaks off in the middle
        slow          the right answer after `seconds` of the clock
        hang          no answer until `clear`
        huge          (key set) more bytes than anyone should read
        wrong_key     (key set) another key under the right id
    """

    def __init__(self) -> None:
        self._next: dict[Door, deque[Fault]] = {"graphql": deque(), "jwks": deque()}
        self._standing: dict[Door, Fault] = {}
        self._released = asyncio.Event()

    def add(self, door: Door, kind: Kind, *, times: int | None = 1, seconds: float = 0.0) -> None:
        """Arrange trouble; `times=None` lasts until `clear`."""
        fault = Fault(kind, seconds)
        if times is None:
            self._standing[door] = fault
        else:
            self._next[door].extend([fault] * times)

    def take(self, door: Door) -> Fault | None:
        """Return the trouble that the next request meets."""
        return self._next[door].popleft() if self._next[door] else self._standing.get(door)

    async def hang(self) -> None:
        await self._released.wait()

    def clear(self) -> None:
        """End all trouble, and let go of what hangs."""
        for waiting in self._next.values():
            waiting.clear()
        self._standing.clear()
        self._released.set()
        self._released = asyncio.Event()
