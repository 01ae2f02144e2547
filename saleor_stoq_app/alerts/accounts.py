"""What follows when a merchant mends something: what waited for it goes on, re-checked (law 3)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.alerts import consent_backfill
from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database import jobs
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.deliveries import returns
from saleor_stoq_app.providers.base import Connection, ProviderId, ProviderSpec, Tools
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.models import BackInStockRules, Settings


class Accounts:
    """Connects providers and changes settings, and releases what was parked for want of them."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        choices: Choices,
        connections: Connections,
        tools: Tools,
        providers: Mapping[ProviderId, ProviderSpec] = PROVIDERS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._choices = choices
        self._connections = connections
        self._tools = tools
        self._providers = providers

    async def connect(self, shop_id: str, provider: ProviderId, api_key: str) -> Connection:
        """Connect an account by its API key, and record there the consents of everyone who waits.

        Raises:
            NeedsMerchant: the key is refused.
            Retryable: the provider did not answer.
        """
        spec = self._providers[provider]
        account = await spec.probe(self._tools, api_key)
        maximum_age = age((await self._choices.of(shop_id)).back_in_stock)
        store = self._connections.storing(
            shop_id, provider, kind="api_key", credential=api_key, account=account
        )
        now = self._clock.now()
        job_id = new_id(now)

        def connect(conn: sa.Connection) -> Connection:
            connection = store(conn)
            if spec.keeps_consent:
                _backfill(conn, job_id, connection, provider, now)
            returns.release(conn, shop_id, provider, now, created_after=now - maximum_age)
            return connection

        return await self._database.write(connect)

    async def change(self, shop_id: str, change: Callable[[Settings], Settings]) -> Settings:
        """Change the settings; sends nothing that was not owed already.

        Raises:
            InvalidInput: the changed settings are not valid.
        """
        now = self._clock.now()

        def then(conn: sa.Connection, after: Settings) -> None:
            oldest = now - age(after.back_in_stock)
            returns.release(conn, shop_id, after.sms_provider, now, created_after=oldest)

        return await self._choices.change(shop_id, change, then)


def age(rules: BackInStockRules) -> timedelta:
    """Return how old an alert may become before it is no longer sent."""
    return timedelta(hours=rules.maximum_age_hours)


def _backfill(
    conn: sa.Connection, job_id: str, connection: Connection, provider: ProviderId, now: datetime
) -> None:
    jobs.enqueue(
        conn,
        id=job_id,
        kind=consent_backfill.KIND,
        unique_key=f"{consent_backfill.KIND}:{connection.shop_id}:{provider}:{connection.generation}",
        payload={"provider": provider, "generation": connection.generation},
        run_at=now,
        shop_id=connection.shop_id,
    )
