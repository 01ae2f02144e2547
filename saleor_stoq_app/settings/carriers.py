"""Who carries a shop's messages: a provider, built for the connected account."""

from collections.abc import Mapping
from dataclasses import dataclass

from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.providers.base import Connection, Provider, ProviderId, ProviderSpec, Tools
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.plans import Plans, refusal


@dataclass(frozen=True, slots=True)
class Carrier:
    """A provider ready to send through one account."""

    spec: ProviderSpec
    connection: Connection
    provider: Provider


class Carriers:
    """Builds the strategies of each shop, and keeps each while its account stays the same."""

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
        self._built: dict[tuple[str, ProviderId], Carrier] = {}

    async def of(self, shop_id: str, provider: ProviderId) -> Carrier:
        """Return who carries what a shop sends through a provider.

        Raises:
            NeedsMerchant: it sends nothing yet (code NOT_AVAILABLE), the plan is too small (PLAN_TOO_SMALL),
                nothing is connected (NOT_CONNECTED), or the connection waits for the merchant.
        """
        spec = self._providers[provider]
        build = spec.build
        if build is None:
            raise NeedsMerchant(spec.unavailable, fix="Choose another provider.", code="NOT_AVAILABLE")
        if refused := refusal(await self._plans.of(shop_id), spec):
            raise NeedsMerchant(refused.message, fix=refused.fix, code=refused.code)
        connection = await self._connections.of(shop_id, provider)
        if connection is None:
            raise NeedsMerchant(
                f"{spec.label} is not connected.", fix=f"Connect {spec.label}.", code="NOT_CONNECTED"
            )
        if connection.problem:
            raise NeedsMerchant(connection.problem, fix=f"Connect {spec.label} again.")
        known = self._built.get((shop_id, provider))
        if known is None or known.connection != connection:
            known = Carrier(spec, connection, build(self._tools, connection))
            self._built[shop_id, provider] = known
        return known

    async def report(self, carrier: Carrier, problem: str) -> None:
        """Stop sending through an account until the merchant mends it."""
        await self._connections.report(carrier.connection, problem)
