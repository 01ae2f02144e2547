"""Flows: the provider's automations which turn our events into texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from saleor_stoq_app.events import AlertType


class SetupMethod(StrEnum):
    """How the flows of an alert type come to be (R26)."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class FlowMessage:
    """A text in a flow, as the provider shows it; `transactional` is what it granted, not what we asked."""

    action_id: str
    status: str
    smart_sending: bool
    quiet_hours: bool
    transactional: bool

    @property
    def is_live(self) -> bool:
        return self.status == "live"


@dataclass(frozen=True, slots=True)
class FlowState:
    """A flow as the provider shows it.

    `is_read`: its definition was read. Without it `messages` is empty, and `metric_id` is None unless the
    flow was found by its metric.
    """

    id: str
    name: str
    status: str
    archived: bool
    metric_id: str | None
    messages: tuple[FlowMessage, ...] = ()
    is_read: bool = False

    @property
    def is_live(self) -> bool:
        return self.status == "live" and not self.archived

    @property
    def texts(self) -> bool:
        """Whether an event makes this flow text somebody, as far as it was read."""
        return self.is_live and any(message.is_live for message in self.messages)

    @property
    def silent_messages(self) -> tuple[FlowMessage, ...]:
        """The texts which are not sent, though the flow may be live: drafts, disabled, manual ones."""
        return tuple(message for message in self.messages if not message.is_live)

    @property
    def skips_the_second_text(self) -> bool:
        """Whether somebody who waits for two products hears of one only (smart sending)."""
        return any(message.smart_sending for message in self.messages)


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """A flow to be made: on which metric, with which text."""

    name: str
    metric_id: str
    body: str
    transactional: bool


@dataclass(frozen=True, slots=True)
class FlowTemplate:
    """A flow which belongs to an alert type; metric and name are the help page's, to the letter.

    `key` is what begins the `told_key` of its messages ("alert", "reminder-1", "preorder").
    """

    key: str
    alert_type: AlertType
    metric: str
    name: str
    purpose: str
    body: str
    transactional: bool
    variables: tuple[str, ...]

    def plan(self, metric_id: str) -> FlowPlan:
        return FlowPlan(self.name, metric_id, self.body, self.transactional)


class FlowManager(Protocol):
    """Finds, makes and switches the flows of one account; every method raises ProviderError alone.

    `MissingScopes`, `Gone` and `AmbiguousMetric` (problems.py) are raised where they apply.
    """

    async def seed(self, metric_name: str, variables: Mapping[str, str], contact: str) -> None:
        """Make the metric known, with all variables, by an event that fires nothing.

        `contact` is the merchant's own e-mail address or phone. Seeding again does no harm.
        """

    async def metric_id(self, name: str) -> str | None:
        """Return our own metric's id; None: it is not listed yet, so seed it and ask again later."""

    async def flows_on(self, metric_id: str) -> list[FlowState]:
        """Return every flow that the metric triggers, live ones first; only the first are read."""

    async def flows_named(self, name: str) -> list[FlowState]:
        """Return the flows of exactly this name, live ones first; only the first are read."""

    async def near(self, name: str) -> list[FlowState]:
        """Return flows whose names come close to this one, the closest first; none is read."""

    async def read(self, flow_id: str) -> FlowState: ...

    async def create(self, plan: FlowPlan) -> FlowState:
        """Make a flow, once.

        Raises:
            Unknown: it may exist now: look before another is made.
        """

    async def activate(self, flow_id: str) -> FlowState:
        """Switch a flow live and read it back: a text that was left a draft shows in what is returned."""

    async def pause(self, flow_id: str) -> None: ...

    async def delete(self, flow_id: str) -> None:
        """Delete a flow; one that is gone already is deleted."""


class SmsSwitch(StrEnum):
    """Whether an account can text at all."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SmsStatus:
    """Whether texts leave the account, from numbers of which countries, and why not where they do not."""

    switch: SmsSwitch
    countries: frozenset[str] = frozenset()
    why: str = ""
