"""Answers kept for some seconds; many who ask for the same at once wait for one asking."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from saleor_stoq_app.clock import Clock

MOST = 10_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers up to 10,000 answers, each for `seconds`; an asking that fails is not remembered."""

    def __init__(self, ask: Callable[[K], Awaitable[V]], clock: Clock, *, seconds: float) -> None:
        self._ask = ask
        self._clock = clock
        self._lasts = timedelta(seconds=seconds)
        self._kept: dict[K, tuple[datetime, V]] = {}
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        kept = self._kept.get(key)
        if kept is not None and self._clock.now() < kept[0]:
            return kept[1]
        if key not in self._asking:
            task = self._asking[key] = asyncio.create_task(self._ask_once(key))
            task.add_done_callback(lambda done: self._end(key, done))
        return await asyncio.shield(self._asking[key])

    async def _ask_once(self, key: K) -> V:
        value = await self._ask(key)
        self._kept.pop(key, None)
        if len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._clock.now() + self._lasts, value)
        return value

    def _end(self, key: K, done: "asyncio.Task[V]") -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # seen, also where every caller has gone away
