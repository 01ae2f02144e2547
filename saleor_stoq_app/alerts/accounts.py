"""What follows when a merchant mends something: what waited for it goes on, re-checked (law 3)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.alerts import consent_backfill
from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database import jobs, journal
from saleor_stoq_app.database.engine import Database, Transaction
from saleor_stoq_app.deliveries import returns
from saleor_stoq_app.deliveries.returns import Route
from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import Connection, ConnectionKind, ProviderId, ProviderSpec, Tools
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.settings import offers, tickets
from saleor_stoq_app.settings.authorizing import Granted, Stopped
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.connections import Connections
from saleor_stoq_app.settings.grants import write_grant
from saleor_stoq_app.settings.keeping import GIVE_BACK
from saleor_stoq_app.settings.models import BackInStockRules, Settings
from saleor_stoq_app.settings.plans import Plan, Plans


class Accounts:
    """Connects and chooses providers, changes settings, and releases what was parked for want of them."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        choices: Choices,
        plans: Plans,
        connections: Connections,
        tools: Tools,
        providers: Mapping[ProviderId, ProviderSpec] = PROVIDERS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._choices = choices
        self._plans = plans
        self._connections = connections
        self._tools = tools
        self._providers = providers

    async def connect(self, shop_id: str, provider: ProviderId, api_key: str) -> Connection:
        """Connect an account by its API key and let it send every text that the provider carries.

        The consents of everyone who waits are recorded there.

        Raises:
            PlanTooSmall: the shop's plan does not include the provider.
            InvalidInput: the provider has no API keys.
            NeedsMerchant: the key is refused.
            Retryable: the provider did not answer.
        """
        spec = self._providers[provider]
        await self._plans.require(shop_id, spec)
        if spec.probe is None:
            raise InvalidInput(spec.unavailable or f"{spec.label} has no API keys.", field="provider")
        account = await spec.probe(self._tools, api_key)

        def choose(settings: Settings) -> Settings:
            for alert_type in spec.alert_types:
                settings = settings.sending(alert_type, Medium.SMS, provider)
            return settings

        settings = await self._choices.change(shop_id, choose)
        store = self._connections.storing(
            shop_id, provider, kind=ConnectionKind.API_KEY, credential=api_key, account=account
        )
        return await self._connected(shop_id, provider, settings, store, by="operator")

    async def adopt(self, granted: Granted) -> Connection:
        """Connect the account that a merchant allowed and said yes to; choices stay as they are.

        Raises:
            PlanTooSmall: the shop's plan does not include the provider any more.
            AccountChanged: another account is connected now than the one that the question named.
            Stopped: it was answered already.
        """
        shop_id, provider = granted.shop_id, granted.provider
        await self._plans.require(shop_id, self._providers[provider])
        store = self._connections.storing(
            shop_id,
            provider,
            kind=ConnectionKind.OAUTH,
            credential=write_grant(granted.grant),
            account=replace(granted.account, scopes=granted.grant.scopes),
            shown=granted.replaces,
        )

        def once(conn: sa.Connection) -> Connection:
            if not tickets.take(conn, granted.ticket_id):
                raise Stopped("This question is no longer open.", code="ANSWERED")
            return store(conn)

        settings = await self._choices.of(shop_id)
        return await self._connected(shop_id, provider, settings, once, by=granted.staff)

    async def choose(
        self, shop_id: str, alert_type: AlertType, medium: Medium, provider: ProviderId
    ) -> Settings:
        """Let a provider send an alert type through a medium; what waited for another one goes to it.

        Raises:
            PlanTooSmall: the shop's plan does not include it.
            InvalidInput: it does not carry this, or cannot be chosen yet.
        """
        spec = self._providers[provider]
        offers.require(spec, await self._plans.of(shop_id), alert_type, medium)
        connection = await self._connections.of(shop_id, provider)
        now = self._clock.now()
        job_id = new_id(now)

        def then(conn: sa.Connection, after: Settings) -> None:
            if connection is not None and spec.keeps_consent:
                _backfill(conn, job_id, connection, provider, now)
            _release(conn, shop_id, after, now)

        return await self._choices.change(
            shop_id, lambda settings: settings.sending(alert_type, medium, provider), then
        )

    async def disconnect(self, shop_id: str, provider: ProviderId, *, by: str) -> Connection:
        """End a connection: nothing is sent, what is owed waits, and the grant is given back soon.

        Raises:
            NotFound: nothing is connected.
        """
        end = self._connections.disconnecting(shop_id, provider)
        now = self._clock.now()
        job_id, entry_id = new_id(now), new_id(now)

        def write(conn: sa.Connection) -> Connection:
            connection = end(conn)
            if connection.kind == ConnectionKind.OAUTH:
                _give_back(conn, job_id, connection, provider, now)
            _note(conn, entry_id, connection, provider, now, what="connection.ended", by=by)
            return connection

        return await self._database.write(write)

    async def change(self, shop_id: str, change: Callable[[Settings], Settings]) -> Settings:
        """Change the settings; sends nothing that was not owed already. Senders are chosen by `choose`.

        Raises:
            InvalidInput: the changed settings are not valid.
        """
        now = self._clock.now()
        return await self._choices.change(
            shop_id, change, lambda conn, after: _release(conn, shop_id, after, now)
        )

    async def change_plan(self, shop_id: str, plan: Plan) -> None:
        """Set a shop's plan; what a smaller one held back goes on.

        Raises:
            NotFound: there is no such shop.
        """
        settings, now = await self._choices.of(shop_id), self._clock.now()
        await self._plans.change(shop_id, plan, lambda conn: _release(conn, shop_id, settings, now))

    async def _connected(
        self,
        shop_id: str,
        provider: ProviderId,
        settings: Settings,
        store: Transaction[Connection],
        *,
        by: str,
    ) -> Connection:
        spec, now = self._providers[provider], self._clock.now()
        job_id, entry_id = new_id(now), new_id(now)

        def connect(conn: sa.Connection) -> Connection:
            connection = store(conn)
            if spec.keeps_consent and provider in {route.provider for route in routes(settings)}:
                _backfill(conn, job_id, connection, provider, now)
            _note(conn, entry_id, connection, provider, now, what="connection.made", by=by)
            _release(conn, shop_id, settings, now, only=provider)
            return connection

        return await self._database.write(connect)


def routes(settings: Settings) -> list[Route]:
    """Return who sends what, for every alert type and medium."""
    return [
        Route(alert_type, medium, settings.sender(alert_type, medium))
        for alert_type in AlertType
        for medium in Medium
    ]


def age(rules: BackInStockRules) -> timedelta:
    """Return how old an alert may become before it is no longer sent."""
    return timedelta(hours=rules.maximum_age_hours)


def _release(
    conn: sa.Connection, shop_id: str, settings: Settings, now: datetime, *, only: ProviderId | None = None
) -> None:
    wanted = [route for route in routes(settings) if only in {None, route.provider}]
    returns.release(conn, shop_id, wanted, now, created_after=now - age(settings.back_in_stock))


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


def _give_back(
    conn: sa.Connection, job_id: str, connection: Connection, provider: ProviderId, now: datetime
) -> None:
    jobs.enqueue(
        conn,
        id=job_id,
        kind=GIVE_BACK,
        unique_key=f"{GIVE_BACK}:{connection.id}",
        payload={"connection": connection.id, "provider": provider, "account": connection.account_id},
        run_at=now,
        shop_id=connection.shop_id,
    )


def _note(
    conn: sa.Connection,
    entry_id: str,
    connection: Connection,
    provider: ProviderId,
    now: datetime,
    *,
    what: str,
    by: str,
) -> None:
    """Write down who connected or ended what."""
    journal.write(
        conn,
        id=entry_id,
        shop_id=connection.shop_id,
        at=now,
        what=what,
        subject=f"connection:{provider}",
        seen={"account": connection.account_id, "generation": connection.generation, "by": by},
    )
