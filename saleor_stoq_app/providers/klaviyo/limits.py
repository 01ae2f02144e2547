"""Keeps one account within Klaviyo's limits, and learns them from its answers."""

import re

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.coordination import Limiter, Window
from saleor_stoq_app.errors import Retryable, Unavailable
from saleor_stoq_app.http import Response
from saleor_stoq_app.log import get
from saleor_stoq_app.providers.klaviyo.errors import A_DAY, SOON, retry_after, seconds
from saleor_stoq_app.providers.klaviyo.operations import Operation

MARGIN = 0.05
"""Seconds by which our windows are longer than Klaviyo's: calls arrive less evenly than they leave."""

PATIENCE = 5.0
"""A wait longer than this is handed back instead of slept through."""

log = get(__name__)

POLICY = re.compile(r"(\d{1,9});w=(\d{1,9})", re.ASCII)


class Limits:
    """One account's windows, for every process: a gate before work is claimed, and a turn on the wire.

    Between gate and call lie a claim and a question to the shop, which take now long, now short; calls
    that passed the gate well spaced would reach Klaviyo bunched together.
    """

    def __init__(self, limiter: Limiter, clock: Clock, account: str) -> None:
        self._limiter = limiter
        self._clock = clock
        self._account = account
        self._said: dict[str, str] = {}
        self._windows: dict[str, tuple[Window, ...]] = {}

    async def gate(self, operation: Operation, cost: int) -> float:
        """Admit calls that are to be prepared; return 0, or the seconds to wait."""
        return await self._take(self._gate(operation), operation, cost)

    async def turn(self, operation: Operation, cost: int = 1) -> None:
        """Wait until the calls may leave now.

        Raises:
            Retryable: it would take too long, or nobody counts now.
        """
        while wait := await self._on_the_wire(operation, cost):
            if wait > PATIENCE:
                raise Retryable("Klaviyo's limit for this call is used up.", after=wait)
            await self._clock.sleep(wait)

    async def learn(self, operation: Operation, response: Response) -> None:
        """Take Klaviyo's word for the limits and for how long they are used up."""
        said = response.headers.get("ratelimit-limit", "")
        if said and said != self._said.get(operation.name):
            self._said[operation.name] = said
            self._windows[operation.name] = policy(said) or self._table(operation)
        if wait := _told_to_wait(response):
            await self._block(operation, wait)

    async def _block(self, operation: Operation, wait: float) -> None:
        """Let nobody call for a while; what was answered stays answered where that cannot be noted."""
        try:
            await self._limiter.block(self._gate(operation), wait)
            await self._limiter.block(self._wire(operation), wait)
        except Unavailable as error:
            log.warning("klaviyo.pause_not_noted", operation=operation.name, error=error.code)

    async def _on_the_wire(self, operation: Operation, cost: int) -> float:
        try:
            return await self._take(self._wire(operation), operation, cost)
        except Unavailable as error:
            raise Retryable("The calls to Klaviyo cannot be counted now.", after=SOON) from error

    async def _take(self, key: str, operation: Operation, cost: int) -> float:
        windows = self._windows.get(operation.name) or self._table(operation)
        return await self._limiter.pace(key, windows, cost)

    def _table(self, operation: Operation) -> tuple[Window, ...]:
        windows = policy(f"{operation.burst};w=1, {operation.steady};w=60, {operation.daily};w=86400")
        return self._windows.setdefault(operation.name, windows)

    def _gate(self, operation: Operation) -> str:
        return f"klaviyo:{self._account}:{operation.name}:gate"

    def _wire(self, operation: Operation) -> str:
        return f"klaviyo:{self._account}:{operation.name}:wire"


def policy(said: str) -> tuple[Window, ...]:
    """Read `350, 350;w=1, 3500;w=60` (klaviyo.md section 1); what makes no sense is left out.

    A window without an end would let no call pass that could teach us better.
    """
    pairs = ((int(calls), int(seconds)) for calls, seconds in POLICY.findall(said))
    sound = ((calls, seconds) for calls, seconds in pairs if calls and 0 < seconds <= A_DAY)
    return tuple(Window(calls, seconds + MARGIN) for calls, seconds in sound)


def _told_to_wait(response: Response) -> float:
    """A 429 says how long; a minute that is used up says when it ends.

    A used-up second is no news: our own spacing keeps it.
    """
    if response.status == 429:  # noqa: PLR2004 - Klaviyo's "slow down"
        return retry_after(response)
    reset = seconds(response, "ratelimit-reset")
    return reset if reset > 1 and response.headers.get("ratelimit-remaining") == "0" else 0.0
