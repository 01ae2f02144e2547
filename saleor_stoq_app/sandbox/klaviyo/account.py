"""One Klaviyo account: everything that belongs to one merchant."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from saleor_stoq_app.sandbox.klaviyo.flows import FlowRules, Flows
from saleor_stoq_app.sandbox.klaviyo.ids import Ids
from saleor_stoq_app.sandbox.klaviyo.metrics import Integration, Metrics
from saleor_stoq_app.sandbox.klaviyo.profiles import Profiles
from saleor_stoq_app.sandbox.klaviyo.schedule import Schedule
from saleor_stoq_app.sandbox.klaviyo.senders import TextMessaging
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
    review: float = 86400.0
    """From the wish until a text counts as transactional (klaviyo.md section 5)."""
    deletion: float = 60.0
    """From the 202 until a person is forgotten."""


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
    """A private API key, whose scopes its holder can only try, or an app's access token."""

    secret: str
    account: "Account"
    integration: Integration
    scopes: set[str]
    app_id: str | None = None
    """The client id of the OAuth app that holds it; a private key has none."""

    @property
    def quota(self) -> str:
        """Whose limits its calls use up: private keys share the account's, each app has its own there."""
        return self.account.id if self.app_id is None else f"{self.account.id} {self.app_id}"


class Account:
    """The state of one account; what happens to it is decided elsewhere."""

    def __init__(
        self,
        name: str,
        phones: Phones,
        schedule: Schedule,
        delays: Delays,
        flow_rules: FlowRules,
        rng: random.Random,
        opened: datetime,
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
        self.text_messaging = TextMessaging(Ids(random.Random(self.id)), opened)
        self.flow_rules = flow_rules
        self.lists: dict[str, ContactList] = {}
        self.skips: list[Skip] = []
        self.event_numbers = count()
        self.default_opt_in = SINGLE_OPT_IN
        self.age_gated = False

    @property
    def sends_to(self) -> frozenset[str]:
        """Countries for which the account has a sending number."""
        return self.text_messaging.countries

    @sends_to.setter
    def sends_to(self, countries: frozenset[str]) -> None:
        self.text_messaging.serve(countries)

    def consent_due(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.rng.uniform(*self.delays.consent))
