"""The grants of OAuth connections: kept encrypted, and renewed by one process at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import connections
from saleor_stoq_app.errors import NeedsMerchant, Retryable
from saleor_stoq_app.log import get
from saleor_stoq_app.providers.base import (
    Connection,
    ConnectionKind,
    Grant,
    OAuth,
    ProviderId,
    ProviderSpec,
    Tools,
)
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.settings.connections import CONNECTED

EARLY = timedelta(seconds=60)
LEASE = timedelta(seconds=60)
"""Longer than a call to a provider may take (http.py)."""
LOOK_AGAIN = 0.2
LOOKS = 100

log = get(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A grant as it stands in its row."""

    provider: ProviderId
    label: str
    grant: Grant


class Grants:
    """The `TokenStore` of every process: SQL holds the grants and says who renews one."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        tools: Tools,
        providers: Mapping[ProviderId, ProviderSpec] = PROVIDERS,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock: Clock = tools.clock
        self._tools = tools
        self._providers = providers

    async def token(self, connection: Connection, *, refused: str = "") -> str:
        """Return an access token that is good for a minute, renewed where the kept one is not."""
        for _ in range(LOOKS):
            kept = await self._database.read(lambda conn: self._kept(conn, connection.id))
            if _is_good(kept.grant, refused, self._clock.now()):
                return kept.grant.access
            lease = new_id(self._clock.now())
            leased = await self._lease(connection.id, lease)
            if leased is not None:
                return (await self._renew(connection.id, lease, leased, refused)).access
            await self._clock.sleep(LOOK_AGAIN)
        raise Retryable("The authorization is being renewed elsewhere.", after=5)

    async def renew(self, connection: Connection) -> None:
        """Renew a grant before it dies of being unused, whatever its access token is still good for."""
        kept = await self._database.read(lambda conn: self._kept(conn, connection.id))
        await self.token(connection, refused=kept.grant.access)

    async def kept(self, connection_id: str) -> Kept:
        """Return the grant of a connection, also of one that is disconnected and not yet given back.

        Raises:
            NeedsMerchant: there is none any more (code RECONNECT).
        """
        return await self._database.read(lambda conn: self._kept(conn, connection_id, ended=True))

    def client(self, provider: ProviderId) -> OAuth:
        """Return who speaks OAuth with a provider; only those that have it have grants."""
        oauth = self._providers[provider].oauth
        if oauth is None:
            msg = f"{provider} has no OAuth"
            raise LookupError(msg)
        return oauth(self._tools)

    async def _lease(self, connection_id: str, lease: str) -> Kept | None:
        """Take the right to renew and read the row again; None: somebody else has it."""
        now = self._clock.now()
        free = sa.or_(connections.c.refresh_until.is_(None), connections.c.refresh_until <= now)
        take = (
            sa.update(connections)
            .where(connections.c.id == connection_id, free)
            .values(refresh_lease=lease, refresh_until=now + LEASE)
        )

        def write(conn: sa.Connection) -> Kept | None:
            return self._kept(conn, connection_id) if conn.execute(take).rowcount else None

        return await self._database.write(write)

    async def _renew(self, connection_id: str, lease: str, before: Kept, refused: str) -> Grant:
        """Renew what was leased, unless another process did so since it was looked at."""
        if _is_good(before.grant, refused, self._clock.now()):
            await self._give_back(connection_id, lease)
            return before.grant
        try:
            renewed = await self.client(before.provider).refresh(before.grant)
        except NeedsMerchant as error:
            return await self._dead(connection_id, lease, before, error)
        except BaseException:
            await self._give_back(connection_id, lease)
            raise
        return await self._store(connection_id, lease, before, renewed)

    async def _store(self, connection_id: str, lease: str, before: Kept, renewed: Grant) -> Grant:
        """Keep what came back, in place of the very grant that it was made from.

        Whoever connected meanwhile brought a grant of its own, which stays.
        """
        values = {
            "credential": self._vault.seal(write_grant(renewed)),
            "scopes": sorted(renewed.scopes),
            "refreshed_at": self._clock.now(),
        }

        def store(conn: sa.Connection) -> Grant:
            now_kept = self._kept(conn, connection_id, lock=True, ended=True)
            same = now_kept.grant.refresh == before.grant.refresh
            _end_lease(conn, connection_id, lease, values if same else {})
            return renewed if same else now_kept.grant

        return await self._database.write(store)

    async def _dead(self, connection_id: str, lease: str, before: Kept, error: NeedsMerchant) -> Grant:
        """Park the connection; but where another process renewed meanwhile, what it stored holds."""
        problem = f"{error.message} Nothing is sent until {before.label} is connected again."
        nothing = self._vault.seal("")

        def bury(conn: sa.Connection) -> Grant | None:
            now_kept = self._kept(conn, connection_id, lock=True, ended=True)
            if now_kept.grant.refresh != before.grant.refresh:
                _end_lease(conn, connection_id, lease, {})
                return now_kept.grant
            _end_lease(conn, connection_id, lease, {"problem": problem, "credential": nothing})
            return None

        kept = await self._database.write(bury)
        if kept is not None:
            return kept
        log.warning("grant.dead", connection=connection_id)
        raise NeedsMerchant(problem, fix=error.fix, code="RECONNECT") from error

    async def _give_back(self, connection_id: str, lease: str) -> None:
        await self._database.write(lambda conn: _end_lease(conn, connection_id, lease, {}))

    def _kept(
        self, conn: sa.Connection, connection_id: str, *, lock: bool = False, ended: bool = False
    ) -> Kept:
        wanted = sa.select(connections).where(connections.c.id == connection_id)
        row = conn.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None or row.kind != ConnectionKind.OAUTH or not (ended or row.status == CONNECTED):
            raise _gone("")
        text = self._vault.open(row.credential)
        if not text:
            raise _gone(row.problem)
        provider = ProviderId(row.provider)
        grant = read_grant(text, frozenset(row.scopes))
        return Kept(provider, self._providers[provider].label, grant)


def _is_good(grant: Grant, refused: str, now: datetime) -> bool:
    return grant.access != refused and now + EARLY < grant.expires_at


def _gone(problem: str) -> NeedsMerchant:
    return NeedsMerchant(problem or "Nothing is connected any more.", fix="Connect again.", code="RECONNECT")


def _end_lease(conn: sa.Connection, connection_id: str, lease: str, values: Mapping[str, object]) -> None:
    mine = connections.c.id == connection_id
    if values:
        conn.execute(sa.update(connections).where(mine).values(**values))
    free = {"refresh_lease": None, "refresh_until": None}
    conn.execute(sa.update(connections).where(mine, connections.c.refresh_lease == lease).values(free))


def write_grant(grant: Grant) -> str:
    """Return the text that is encrypted; scopes have a column of their own."""
    told = {"access": grant.access, "refresh": grant.refresh, "expires_at": grant.expires_at}
    return orjson.dumps(told).decode()


def read_grant(text: str, scopes: frozenset[str]) -> Grant:
    told = orjson.loads(text)
    return Grant(told["access"], told["refresh"], datetime.fromisoformat(told["expires_at"]), scopes)
