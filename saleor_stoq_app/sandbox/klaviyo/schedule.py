"""What the double does later: nothing runs by itself, whoever looks first brings it about."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count


class Schedule:
    """Things to do at a time, done in order of time by `settle`."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = count()

    def at(self, due: datetime, act: Callable[[datetime], None]) -> None:
        """Remember `act`; it is later called with its own due time."""
        heapq.heappush(self._due, (due, next(self._numbers), act))

    def settle(self, now: datetime) -> None:
        """Do everything that is due, also what that itself brings about."""
        while self._due and self._due[0][0] <= now:
            due, _, act = heapq.heappop(self._due)
            act(due)
