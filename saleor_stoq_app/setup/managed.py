"""Who acts on a shop's flows: the provider, its connection and the flow manager, asked for when needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.base import Connection, Provider, ProviderId, ProviderSpec, Tools
from saleor_stoq_app.providers.flows import FlowManager, FlowTemplate
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.plans import Plans, refusal


@dataclass(frozen=True, slots=True)
class Managed:
    """A connected provider whose flows can be set up."""

    spec: ProviderSpec
    connection: Connection
    flows: FlowManager

    def templates(self, alert_type: AlertType) -> Sequence[FlowTemplate]:
        """Return the flows of the alert type at hand alone (R36)."""
        return self.spec.templates.get(alert_type, ())

    def sender(self, tools: Tools) -> Provider:
        """Build what sends through this connection.

        Raises:
            NeedsMerchant: the provider sends nothing yet.
        """
        if self.spec.build is None:
            raise NeedsMerchant(self.spec.unavailable or f"{self.spec.label} is not available.")
        return self.spec.build(tools, self.connection)


class FlowManagers(Protocol):
    """Finds the flow manager of a shop."""

    async def __call__(self, shop_id: str, provider: ProviderId) -> Managed:
        """Return who manages the flows.

        Raises:
            NeedsMerchant: nothing is connected, the connection is broken, or the plan is too small.
        """


class Managers:
    """Builds flow managers for connected accounts."""

    def __init__(
        self,
        plans: Plans,
        connections: Connections,
        tools: Tools,
        providers: Mapping[ProviderId, ProviderSpec] = PROVIDERS,
    ) -> None:
        self._plans = plans
        self._connections = connections
        self._tools = tools
        self._providers = providers

    async def __call__(self, shop_id: str, provider: ProviderId) -> Managed:
        spec = self._providers[provider]
        if refused := refusal(await self._plans.of(shop_id), spec):
            raise NeedsMerchant(refused.message, fix=refused.fix, code=refused.code)
        connection = await self._connections.of(shop_id, provider)
        if connection is None:
            fix = f"Click Connect and authorise in {spec.label}."
            raise NeedsMerchant(f"{spec.label} is not connected.", fix=fix, code="NOT_CONNECTED")
        if connection.problem:
            raise NeedsMerchant(connection.problem, fix=f"Connect {spec.label} again.", code="RECONNECT")
        if spec.flows is None:
            raise NeedsMerchant(f"{spec.label} has no flows to set up.", code="NO_FLOWS")
        return Managed(spec, connection, spec.flows(self._tools, connection))
