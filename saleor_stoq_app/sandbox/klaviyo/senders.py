"""Whether an account may text at all, and from which numbers (klaviyo.md section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from saleor_stoq_app.sandbox.klaviyo.contacts import TEXTED_COUNTRIES
from saleor_stoq_app.sandbox.klaviyo.ids import Ids

SenderStatus = Literal["active", "pending_registration", "registering", "registration_failed", "suspended"]
TOLL_FREE = frozenset(("US", "CA"))


@dataclass(slots=True, eq=False)
class Sender:
    """A number or name that texts come from in one country."""

    id: str
    country: str
    status: SenderStatus
    created: datetime

    @property
    def type(self) -> str:
        return "toll_free" if self.country in TOLL_FREE else "alpha"

    @property
    def identifier(self) -> str | None:
        """What shoppers see; nothing while the registration is pending."""
        if self.status != "active":
            return None
        return "+18335550100" if self.type == "toll_free" else "SANDBOX"


class TextMessaging:
    """An account's SMS: `status` is None where it was never set up."""

    def __init__(self, ids: Ids, opened: datetime) -> None:
        self._ids = ids
        self.opened = opened
        self.status: Literal["active", "disabled"] | None = "active"
        self.senders: list[Sender] = []
        self.serve(TEXTED_COUNTRIES)

    def add(self, country: str, status: SenderStatus) -> Sender:
        sender = Sender(self._ids.short(), country, status, self.opened)
        self.senders.append(sender)
        return sender

    def serve(self, countries: Iterable[str]) -> None:
        """Have an active sender in each of these countries and nowhere else."""
        self.senders.clear()
        for country in sorted(countries):
            self.add(country, "active")

    @property
    def countries(self) -> frozenset[str]:
        if self.status is None:
            return frozenset()
        return frozenset(sender.country for sender in self.senders if sender.status == "active")
