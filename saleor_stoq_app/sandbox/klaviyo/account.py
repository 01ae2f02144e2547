"""One Klaviyo account: everything that belongs to one merchant."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from saleor_stoq_app.sandbox.klaviyo.contacts import TEXTED_COUNTRIES
from saleor_stoq_app.sandbox.klaviyo.flows import Flows
from saleor_stoq_app.sandbox.klaviyo.ids import Ids
from saleor_stoq_app.sandbox.klaviyo.metrics import Integration, Metrics
from saleor_stoq_app.sandbox.klaviyo.profiles import Profiles
from saleor_stoq_app.sandbox.klaviyo.schedule import Schedule
from saleor_stoq_app.sandbox.klaviyo.timeline import Timeline
from saleor_stoq_app.sandbox.phones import Phones

SINGLE_OPT_IN = "single_opt_in"
DOUBLE_OPT_IN = "double_opt_in"


@dataclass(frozen=True, slots=True)
class Delays:
    """How many seconds late Klaviyo is (klaviyo.md sections 0 and 4); the demo shortens them."""

    processing: float = 1.0
    """From the 202 until the event is recorded and flows run."""
    listing: float = 5.0
    """From then until GET /api/events shows it."""
    metric: float = 20.0
    """From a metric's first event until GET /api/metrics shows it."""
    consent: tuple[float, float] = (60.0, 180.0)
    """From the 202 until a permission holds: somewhere between."""
    withdrawal: float = 5.0
    """From the 202 until a permission is withdrawn."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A text that a flow did not send, and why, in Klaviyo's words (klaviyo.md section 9)."""

    at: datetime
    flow: str
    metric: str
    phone: str | None
    unique_id: str
    reason: str


@dataclass(slots=True, eq=False)
class ContactList:
    """A list that people sign up to."""

    id: str
    name: str
    opt_in_process: str
    created: datetime
    members: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Key:
    """A private API key: its scopes cannot be read by its holder, only tried."""

    secret: str
    account: "Account"
    integration: Integration
    scopes: set[str]


class Account:
    """The state of one account; what happens to it is decided elsewhere."""

    def __init__(
        self, name: str, phones: Phones, schedule: Schedule, delays: Delays, rng: random.Random
    ) -> None:
        self.name = name
        self.phones = phones
        self.schedule = schedule
        self.delays = delays
        self.rng = rng
        self.ids = Ids(rng)
        self.id = self.ids.short()
        self.profiles = Profiles(self.ids)
        self.metrics = Metrics(self.ids)
        self.timeline = Timeline()
        self.flows = Flows()
        self.lists: dict[str, ContactList] = {}
        self.skips: list[Skip] = []
        self.event_numbers = count()
        self.default_opt_in = SINGLE_OPT_IN
        self.age_gated = False
        self.sends_to: frozenset[str] = TEXTED_COUNTRIES
        """Countries for which the account has a sending number."""

    def consent_due(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.rng.uniform(*self.delays.consent))
