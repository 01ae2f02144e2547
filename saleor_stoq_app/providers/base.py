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


class ProviderId(StrEnum):
    """The providers that a merchant may choose."""

    KLAVIYO = "klaviyo"


@dataclass(frozen=True, slots=True)
class Connection:
    """A provider account as a strategy sees it; `credential` is plain here and nowhere else."""

    id: str
    shop_id: str
    kind: str
    credential: str = field(repr=False)
    scopes: frozenset[str]
    account_id: str
    account_name: str
    generation: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What a provider says about the account behind a credential."""

    id: str
    name: str
    scopes: frozenset[str]


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


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """What may be said about a provider before anything is connected.

    `deduplicates`: repeating a message with the same key never tells anybody twice.
    `keeps_consent`: a permission must be recorded at the provider before it sends.
    """

    id: ProviderId
    label: str
    media: frozenset[Medium]
    alert_types: frozenset[AlertType]
    deduplicates: bool
    keeps_consent: bool
    build: Callable[[Tools, Connection], Provider]
    probe: Callable[[Tools, str], Awaitable[Account]]
    """Ask whose account an API key opens; NeedsMerchant: refused, Retryable: nobody answered."""
