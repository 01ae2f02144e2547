"""Trouble on demand: answers that fail, hang, get lost, and gates that stop a request half-way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from saleor_stoq_app.sandbox.klaviyo.answers import Answer
from saleor_stoq_app.sandbox.klaviyo.refusals import broken, throttled

EDGE_PAGE = b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: an answer instead of the right one, or none at all; `acts` does the work first."""

    answer: Answer | None = None
    silence: Literal["hang", "drop"] = "drop"
    acts: bool = False


def throttle(after: int | None = None) -> Fault:
    """429, with Retry-After where `after` is given."""
    return Fault(Answer.refusing(throttled(after or 1, tell=after is not None)))


def error(status: int = 500, *, acts: bool = False) -> Fault:
    """500 or 503 with an error body."""
    return Fault(Answer.refusing(broken(status)), acts=acts)


def html(status: int = 503, *, acts: bool = False) -> Fault:
    """Answer with an HTML page, as Klaviyo's edge does at times."""
    return Fault(Answer(status, EDGE_PAGE, media_type="text/html"), acts=acts)


def hang(*, acts: bool = False) -> Fault:
    """Never answer."""
    return Fault(silence="hang", acts=acts)


def drop(*, acts: bool = False) -> Fault:
    """Close the connection before the answer is whole."""
    return Fault(silence="drop", acts=acts)


class Hold:
    """A gate at which requests wait, before or after they act; use it in the server's own event loop."""

    def __init__(self, *, after_acting: bool) -> None:
        self.after_acting = after_acting
        self.dropping = False
        self.waiting = 0
        self._reached = asyncio.Event()
        self._open = asyncio.Event()

    async def reached(self) -> None:
        """Wait until a request stands at the gate."""
        await self._reached.wait()

    def release(self, *, drop: bool = False) -> None:
        """Open the gate for good; `drop` loses the requests that stand there instead of going on."""
        self.dropping = drop
        self._open.set()

    async def wait(self) -> bool:
        """Stand at the gate; return whether the request may go on."""
        if self._open.is_set():
            return True
        self.waiting += 1
        self._reached.set()
        await self._open.wait()
        self.waiting -= 1
        return not self.dropping


class Faults:
    """What is to go wrong next, by path ("/api/events") or method and path ("POST /api/events")."""

    def __init__(self) -> None:
        self.swallow_bulk = 0
        self._next: dict[str, list[Fault]] = {}
        self._holds: dict[str, Hold] = {}

    def fail(self, path: str, fault: Fault, times: int = 1) -> None:
        self._next.setdefault(path, []).extend([fault] * times)

    def hold(self, path: str, *, after_acting: bool = False) -> Hold:
        hold = self._holds[path] = Hold(after_acting=after_acting)
        return hold

    def take(self, method: str, path: str) -> Fault | None:
        for key in (f"{method} {path}", path):
            if self._next.get(key):
                return self._next[key].pop(0)
        return None

    def held(self, method: str, path: str) -> Hold | None:
        return self._holds.get(f"{method} {path}") or self._holds.get(path)

    async def around(self, method: str, path: str, act: Callable[[], Answer]) -> Answer | Fault:
        """Act, with the fault and the gate that stand in the way; return the answer, or how there is none."""
        lost = Fault()
        fault = self.take(method, path)
        hold = self.held(method, path)
        if hold and not hold.after_acting and not await hold.wait():
            return lost
        if fault and not fault.acts:
            return fault.answer or fault
        answer = act()
        if hold and hold.after_acting and not await hold.wait():
            return lost
        return (fault.answer or fault) if fault else answer

    def swallows(self) -> bool:
        """Tell whether this bulk job is to vanish after its 202."""
        if self.swallow_bulk == 0:
            return False
        self.swallow_bulk -= 1
        return True
