"""What every provider owes: a spec that says what it can do, and a strategy that does it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.errors import ProviderError
from saleor_stoq_app.events import AlertType, Medium, Message, Stage
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.accounts import (
    NO_TOKENS,
    Account,
    Connection,
    ConnectionKind,
    Grant,
    NoTokens,
    OAuth,
    TokenStore,
)
from saleor_stoq_app.providers.flows import (
    FlowManager,
    FlowMessage,
    FlowPlan,
    FlowState,
    FlowTemplate,
    SetupMethod,
    SmsStatus,
    SmsSwitch,
)
from saleor_stoq_app.providers.problems import AmbiguousMetric, Gone, MissingScopes

__all__ = [
    "NO_TOKENS",
    "Accepted",
    "Account",
    "AmbiguousMetric",
    "Batch",
    "Connection",
    "ConnectionKind",
    "FlowManager",
    "FlowMessage",
    "FlowPlan",
    "FlowState",
    "FlowTemplate",
    "Gone",
    "Grant",
    "HandedOver",
    "MissingScopes",
    "NoTokens",
    "OAuth",
    "Provider",
    "ProviderId",
    "ProviderSpec",
    "Result",
    "Sent",
    "SetupMethod",
    "SetupNeeds",
    "SmsStatus",
    "SmsSwitch",
    "TokenStore",
    "Tools",
]


class ProviderId(StrEnum):
    """The providers that a merchant may choose."""

    STOQ = "stoq"
    KLAVIYO = "klaviyo"
    POSTSCRIPT = "postscript"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Done: the provider has it for sure."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Taken, not proved: read back after `check_after` seconds."""

    check_after: float


Result = Accepted | HandedOver | ProviderError


@dataclass(frozen=True, slots=True)
class Batch:
    """One call to come: which endpoint, and at most how many messages."""

    endpoint: str
    size: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was handed over earlier and waits for proof."""

    key: str
    alert_type: AlertType
    called_at: datetime
    phone: str = field(repr=False)


class Provider(Protocol):
    """Carries messages for one connection. HTTP never leaves it (law 6)."""

    def plan(self, stage: Stage, *, due: int, repeat: bool) -> Batch:
        """Choose the endpoint for `due` waiting messages; `repeat`: an earlier call may have arrived."""

    async def pace(self, batch: Batch) -> float:
        """Take the batch out of the account's limits; return 0, or the seconds to wait."""

    async def send(self, batch: Batch, messages: Sequence[Message]) -> Mapping[str, Result]:
        """Hand over messages and say what became of each, by key.

        Raises:
            ProviderError: the call as a whole failed, and the same is true of every message.
        """

    async def read_back(self, stage: Stage, sent: Sequence[Sent]) -> Mapping[str, Result]:
        """Look what became of messages that were handed over.

        `Unknown` means that the provider does not have it: repeat it.

        Raises:
            ProviderError: the provider cannot be asked now.
        """


@dataclass(frozen=True, slots=True)
class Tools:
    """What a strategy may use."""

    http: Client
    limiter: Limiter
    clock: Clock
    config: Config
    tokens: TokenStore = NO_TOKENS


@dataclass(frozen=True, slots=True)
class SetupNeeds:
    """What a set-up method asks of a connection; `why_kind` is told where it is of the wrong kind."""

    kinds: frozenset[str]
    scopes: frozenset[str]
    why_kind: str = ""

    def unmet(self, connection: Connection) -> str:
        """Say what the connection lacks for this, or return ""."""
        if connection.kind not in self.kinds:
            return self.why_kind
        lacking = sorted(self.scopes - connection.scopes)
        return f"The connection was not granted {', '.join(lacking)}." if lacking else ""


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """What may be said about a provider before anything is connected; what is left out it has not.

    `deduplicates`: repeating a message with the same key never tells anybody twice.
    `keeps_consent`: a permission must be recorded at the provider before it sends.
    `stages`: what it can carry; `build` makes the strategy, and is missing where there is none yet.
    `unavailable`: why it sends nothing, "" where it does.
    `setups`: the ways to set its flows up, with what each needs; `templates`: those flows.
    `scopes`: what OAuth asks for; `costs`: what the lack of each scope costs, as a sentence.
    """

    id: ProviderId
    label: str
    media: frozenset[Medium]
    alert_types: frozenset[AlertType]
    deduplicates: bool
    keeps_consent: bool
    build: Callable[[Tools, Connection], Provider] | None = None
    probe: Callable[[Tools, str], Awaitable[Account]] | None = None
    """Ask whose account an API key opens; NeedsMerchant: refused, Retryable: nobody answered."""
    stages: frozenset[Stage] = frozenset(Stage)
    unavailable: str = ""
    setups: Mapping[SetupMethod, SetupNeeds] = field(default_factory=dict)
    templates: Mapping[AlertType, tuple[FlowTemplate, ...]] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    costs: Mapping[str, str] = field(default_factory=dict)
    oauth: Callable[[Tools], OAuth] | None = None
    flows: Callable[[Tools, Connection], FlowManager] | None = None
    sms: Callable[[Tools, Connection], Awaitable[SmsStatus]] | None = None
    """Ask whether the account's texts leave it; what cannot be asked is unknown."""

    @property
    def creates_flows(self) -> bool:
        return SetupMethod.AUTOMATIC in self.setups

    def costs_of(self, holder: Connection | Account) -> dict[str, str]:
        """Say what each scope that is lacking costs, in the order in which they are asked for."""
        return {scope: cost for scope, cost in self.costs.items() if scope not in holder.scopes}
