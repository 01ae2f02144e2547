"""Who carries a shop's messages: the chosen provider, built for the connected account."""

from collections.abc import Mapping
from dataclasses import dataclass

from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.providers.base import Connection, Provider, ProviderId, ProviderSpec, Tools
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.connections import Connections


@dataclass(frozen=True, slots=True)
class Carrier:
    """A provider ready to send through one account."""

    spec: ProviderSpec
    connection: Connection
    provider: Provider


class Carriers:
    """Builds the strategy of each shop, and keeps it while the account stays the same."""

    def __init__(
        self,
        choices: Choices,
        connections: Connections,
        tools: Tools,
        providers: Mapping[ProviderId, ProviderSpec] = PROVIDERS,
    ) -> None:
        self._choices = choices
        self._connections = connections
        self._tools = tools
        self._providers = providers
        self._built: dict[str, Carrier] = {}

    async def of(self, shop_id: str) -> Carrier:
        """Return the carrier of a shop's texts.

        Raises:
            NeedsMerchant: nothing is connected, or the connection waits for the merchant.
        """
        spec = self._providers[(await self._choices.of(shop_id)).sms_provider]
        connection = await self._connections.of(shop_id, spec.id)
        if connection is None:
            raise NeedsMerchant(f"{spec.label} is not connected.", fix=f"Connect {spec.label}.")
        if connection.problem:
            raise NeedsMerchant(connection.problem, fix=f"Connect {spec.label} again.")
        known = self._built.get(shop_id)
        if known is None or known.connection != connection:
            known = Carrier(spec, connection, spec.build(self._tools, connection))
            self._built[shop_id] = known
        return known

    async def report(self, carrier: Carrier, problem: str) -> None:
        """Stop sending through an account until the merchant mends it."""
        await self._connections.report(carrier.connection, problem)
