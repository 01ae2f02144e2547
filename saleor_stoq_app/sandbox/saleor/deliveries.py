"""Webhooks on their way: queued, signed, sent, and repeated as Saleor does (saleor.md section 5)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import httpx

from saleor_stoq_app.sandbox.saleor.installed import InstalledApp, Webhook
from saleor_stoq_app.sandbox.saleor.shop import Shop
from saleor_stoq_app.sandbox.saleor.signing import SigningKey

PAUSES = (10, 20, 40, 80, 160)
TIMEOUT = httpx.Timeout(18.0, connect=2.0)
REMEMBERED = 10_000
Outcome = Literal["success", "retry", "failed", "dropped"]


@dataclass(eq=False, slots=True)
class Delivery:
    """One event for one webhook; `body` may be made only when it is sent."""

    app: InstalledApp
    webhook: Webhook
    event: str
    due_at: datetime
    make_body: Callable[[], bytes]
    body: bytes = b""
    attempts: int = 0

    @property
    def raw(self) -> bytes:
        self.body = self.body or self.make_body()
        return self.body


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending a delivery once; no status means no answer."""

    delivery: Delivery
    at: datetime
    status: int | None
    outcome: Outcome


@dataclass(slots=True)
class Outbox:
    """The shop's queue; `pending` may be reordered, thinned, doubled and delayed at will by tests."""

    shop: Shop
    http: httpx.AsyncClient
    key: Callable[[], SigningKey]
    pending: list[Delivery] = field(default_factory=list)
    attempts: deque[Attempt] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    async def deliver(self) -> list[Attempt]:
        """Send everything that is due now, in the order of the queue."""
        due = [delivery for delivery in self.pending if delivery.due_at <= self.shop.now()]
        made = []
        for delivery in due:
            self.pending.remove(delivery)
            attempt = await self._send(delivery)
            self.attempts.append(attempt)
            made.append(attempt)
        return made

    def repeat(self, delivery: Delivery) -> None:
        """Send it once more, as staff can for 14 days: the same bytes, however stale."""
        self.pending.append(replace(delivery, due_at=self.shop.now(), attempts=0))

    async def _send(self, delivery: Delivery) -> Attempt:
        now = self.shop.now()
        if not self._wanted(delivery):
            return Attempt(delivery, now, None, "dropped")
        delivery.attempts += 1
        try:
            answer = await self.http.post(
                delivery.webhook.target_url,
                content=delivery.raw,
                headers=self._headers(delivery),
                timeout=TIMEOUT,
            )
            status = answer.status_code
        except httpx.TransportError:
            status = None
        return Attempt(delivery, now, status, self._settle(delivery, status))

    def _settle(self, delivery: Delivery, status: int | None) -> Outcome:
        """Only 5xx and silence are tried again; a 3xx or 4xx is final."""
        if status is not None and status < 500:  # noqa: PLR2004 - HTTP
            return "success" if 200 <= status < 300 else "failed"  # noqa: PLR2004 - HTTP
        if delivery.attempts > len(PAUSES):
            return "failed"
        delivery.due_at = self.shop.now() + timedelta(seconds=PAUSES[delivery.attempts - 1])
        self.pending.append(delivery)
        return "retry"

    def _wanted(self, delivery: Delivery) -> bool:
        """An app that is switched off or gone hears of its own life only."""
        return delivery.event.startswith("app_") or (delivery.app.alive and delivery.webhook.is_active)

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        signature = self.key().sign(delivery.raw)
        told = {"Event": delivery.event, "Domain": self.shop.domain, "Signature": signature}
        return {
            **common_headers(self.shop, delivery.webhook.target_url),
            "Content-Type": "application/json",
            **{f"X-Saleor-{name}": value for name, value in told.items()},
            **{f"Saleor-{name}": value for name, value in told.items()},
            "Saleor-Api-Url": self.shop.api_url,
            **delivery.webhook.custom_headers,
        }


def common_headers(shop: Shop, url: str) -> dict[str, str]:
    """What every request of Saleor carries; its `Host` has lost the port (saleor.md section 4)."""
    return {
        "Host": httpx.URL(url).host,
        "User-Agent": f"Saleor/{shop.version.schema}",
        "Accept-Encoding": "gzip, deflate",
        "Accept": "*/*",
        "Connection": "keep-alive",
    }
