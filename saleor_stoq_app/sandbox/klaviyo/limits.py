"""Klaviyo's rate limits: fixed windows per quota and operation (klaviyo.md section 1)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from saleor_stoq_app.sandbox.klaviyo.refusals import throttled


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` in each `seconds`, counted from the first request of the window."""

    calls: int
    seconds: int


Windows = tuple[Window, ...]

XS: Windows = (Window(1, 1), Window(15, 60))
XS_A_DAY: Windows = (*XS, Window(100, 86400))
S: Windows = (Window(3, 1), Window(60, 60))
M: Windows = (Window(10, 1), Window(150, 60))
L: Windows = (Window(75, 1), Window(750, 60))
XL: Windows = (Window(350, 1), Window(3500, 60))


@dataclass(slots=True)
class _Count:
    began: float
    used: int


class Limits:
    """Counts what each account, or each app in an account, used of each operation."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], _Count] = {}

    def take(self, quota: str, operation: str, windows: Windows, now: float) -> Mapping[str, str]:
        """Count one request and return the headers that say what is left.

        Raises:
            Refused: a window is full; a refused request is not counted.
        """
        counts = [self._count(quota, operation, window, now) for window in windows]
        full = [
            count.began + window.seconds - now
            for count, window in zip(counts, windows, strict=True)
            if count.used >= window.calls
        ]
        if full:
            raise throttled(max(1, math.ceil(max(full))))
        for count in counts:
            count.used += 1
        return _headers(windows, counts[0], now)

    def _count(self, quota: str, operation: str, window: Window, now: float) -> _Count:
        key = (quota, operation, window.seconds)
        count = self._counts.get(key)
        if count is None or now >= count.began + window.seconds:
            count = self._counts[key] = _Count(now, 0)
        return count


def _headers(windows: Windows, burst: _Count, now: float) -> Mapping[str, str]:
    """Write the headers as recorded: `350, 350;w=1, 3500;w=60`; the rest speaks of the burst window."""
    policy = ", ".join(f"{window.calls};w={window.seconds}" for window in windows)
    return {
        "RateLimit-Limit": f"{windows[0].calls}, {policy}",
        "RateLimit-Remaining": str(windows[0].calls - burst.used),
        "RateLimit-Reset": str(int(burst.began + windows[0].seconds - now) if now > burst.began else 0),
    }
