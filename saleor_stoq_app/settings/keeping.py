"""Grants that nobody uses are renewed before they die, and those of ended connections are given back."""

from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.database.tables import connections, oauth_tickets, shops
from saleor_stoq_app.errors import NeedsMerchant, ProviderError
from saleor_stoq_app.log import get
from saleor_stoq_app.providers.base import ConnectionKind, ProviderId
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.settings.connections import CONNECTED, DISCONNECTED, Connections
from saleor_stoq_app.settings.grants import Grants

KEEP = "grants.keep"
GIVE_BACK = "grants.give_back"
DAILY = timedelta(days=1)
IDLE = timedelta(days=60)
"""A refresh token dies after 90 days without use (klaviyo.md section 2)."""

log = get(__name__)


class KeepGrants:
    """Runs once a day: renews every grant that was not renewed for sixty days, forgets dead tickets."""

    def __init__(self, database: Database, clock: Clock, connections: Connections, grants: Grants) -> None:
        self._database = database
        self._clock = clock
        self._connections = connections
        self._grants = grants

    async def __call__(self, job: Job) -> timedelta | None:  # noqa: ARG002 - the job has no subject
        now = self._clock.now()
        await self._database.write(
            lambda conn: (
                conn.execute(sa.delete(oauth_tickets).where(oauth_tickets.c.expires_at < now)).rowcount
            )
        )
        idle = (
            sa.select(connections.c.shop_id, connections.c.provider)
            .join(shops, shops.c.id == connections.c.shop_id)
            .where(
                connections.c.kind == ConnectionKind.OAUTH,
                connections.c.status == CONNECTED,
                connections.c.refreshed_at <= now - IDLE,
                shops.c.status != "uninstalled",
            )
        )
        for shop_id, provider in await self._database.read(lambda conn: conn.execute(idle).all()):
            await self._renew(shop_id, ProviderId(provider))
        return DAILY

    async def _renew(self, shop_id: str, provider: ProviderId) -> None:
        """Renew one; what fails today is tried again tomorrow, there are thirty days for it."""
        connection = await self._connections.of(shop_id, provider)
        if connection is None:
            return
        try:
            await self._grants.renew(connection)
        except ProviderError as error:
            log.warning("grant.not_kept", shop=shop_id, provider=provider, error=error.code)


class GiveGrantBack:
    """Gives the grant of an ended connection back and forgets it.

    Giving back uninstalls the app from the account (klaviyo.md section 2), so it is left out where another
    shop sends through the same account.
    """

    def __init__(self, database: Database, vault: Vault, grants: Grants) -> None:
        self._database = database
        self._nothing = vault.seal("")
        self._grants = grants

    async def __call__(self, job: Job) -> timedelta | None:
        provider, account_id = ProviderId(job.payload["provider"]), str(job.payload["account"])
        connection_id = str(job.payload["connection"])
        ended = sa.select(connections.c.id).where(
            connections.c.id == connection_id,
            connections.c.account_id == account_id,
            connections.c.status == DISCONNECTED,
        )
        if await self._database.read(lambda conn: conn.scalar(ended)) is None:  # connected again since
            return None
        if not await self._database.read(lambda conn: is_granted(conn, provider, account_id)):
            await self._revoke(connection_id)
        await self._forget(connection_id)
        return None

    async def _revoke(self, connection_id: str) -> None:
        with suppress(NeedsMerchant):  # dead already
            kept = await self._grants.kept(connection_id)
            await self._grants.client(kept.provider).revoke(kept.grant)

    async def _forget(self, connection_id: str) -> None:
        ended = (connections.c.id == connection_id, connections.c.status == DISCONNECTED)
        forget = sa.update(connections).where(*ended).values(credential=self._nothing)
        await self._database.write(lambda conn: conn.execute(forget).rowcount)


def is_granted(conn: sa.Connection, provider: ProviderId, account_id: str) -> bool:
    """Tell whether any shop sends through this account by OAuth."""
    same = sa.exists().where(
        connections.c.provider == provider,
        connections.c.account_id == account_id,
        connections.c.kind == ConnectionKind.OAUTH,
        connections.c.status == CONNECTED,
    )
    return bool(conn.scalar(sa.select(same)))
