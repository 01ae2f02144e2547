"""A shop's provider accounts: stored encrypted, one per provider, each change a new generation."""

from datetime import datetime

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database, Transaction
from saleor_stoq_app.database.tables import connections
from saleor_stoq_app.database.upsert import insert_new
from saleor_stoq_app.errors import NotFound, StoqError
from saleor_stoq_app.providers.base import Account, Connection, ConnectionKind, ProviderId
from saleor_stoq_app.secrets import Vault

CONNECTED, DISCONNECTED = "connected", "disconnected"


class AccountChanged(StoqError):
    """Another account is connected now than the merchant was shown; ask again."""

    code = "ACCOUNT_CHANGED"


class Connections:
    """The accounts through which a shop sends; one serves every alert type and medium (R25, R88, R109)."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    async def of(self, shop_id: str, provider: ProviderId) -> Connection | None:
        """Return the account, or None while nothing is connected."""
        known = await self.known(shop_id, provider)
        return known if known is not None and known.is_connected else None

    async def known(self, shop_id: str, provider: ProviderId) -> Connection | None:
        """Return the account that is or was connected last, or None where there never was one."""
        row = await self._database.read(
            lambda connection: connection.execute(_of(shop_id, provider)).one_or_none()
        )
        return None if row is None else self._opened(row)

    async def connect(
        self, shop_id: str, provider: ProviderId, *, kind: str, credential: str, account: Account
    ) -> Connection:
        """Store an account in place of an earlier one; a new kind or account starts a new generation."""
        store = self.storing(shop_id, provider, kind=kind, credential=credential, account=account)
        return await self._database.write(store)

    def storing(
        self,
        shop_id: str,
        provider: ProviderId,
        *,
        kind: str,
        credential: str,
        account: Account,
        shown: str | None = None,
    ) -> Transaction[Connection]:
        """Return `connect` as a transaction, for who must write in the same one what follows from it.

        `shown` is the account that the merchant was told is replaced ("" for none); where another one is
        connected by now the transaction raises AccountChanged.
        """
        now = self._clock.now()
        row = _values(account, kind, self._vault.seal(credential), now)
        first = row | {"id": new_id(now), "shop_id": shop_id, "provider": provider, "generation": 1}

        def store(connection: sa.Connection) -> Connection:
            if not insert_new(connection, connections, first):
                before = connection.execute(_of(shop_id, provider).with_for_update()).one()
                _compare(shown, before)
                renewed = row | {"generation": _generation(before, kind, account)}
                mine = connections.c.id == before.id
                connection.execute(sa.update(connections).where(mine).values(renewed))
            return self._opened(connection.execute(_of(shop_id, provider)).one())

        return store

    def disconnecting(self, shop_id: str, provider: ProviderId) -> Transaction[Connection]:
        """Return the transaction that ends a connection; its grant stays until it is given back.

        It raises NotFound where nothing is connected.
        """
        nothing = self._vault.seal("")

        def store(connection: sa.Connection) -> Connection:
            row = connection.execute(_of(shop_id, provider).with_for_update()).one_or_none()
            if row is None or row.status != CONNECTED:
                raise NotFound("Nothing is connected.", fix="Refresh the page.")
            kept = row.credential if row.kind == ConnectionKind.OAUTH else nothing
            ended = {"status": DISCONNECTED, "credential": kept, "problem": ""}
            connection.execute(sa.update(connections).where(connections.c.id == row.id).values(ended))
            return self._opened(connection.execute(_of(shop_id, provider)).one())

        return store

    async def report(self, reported: Connection, problem: str) -> None:
        """Remember what the merchant must mend; said of a credential that is replaced already, nothing."""

        def store(connection: sa.Connection) -> None:
            mine = connections.c.id == reported.id
            row = connection.execute(sa.select(connections).where(mine).with_for_update()).one_or_none()
            if row is not None and row.status == CONNECTED and _same_credential(self._opened(row), reported):
                connection.execute(sa.update(connections).where(mine).values(problem=problem))

        await self._database.write(store)

    def _opened(self, row: "sa.Row[tuple[object, ...]]") -> Connection:
        is_key = row.kind == ConnectionKind.API_KEY
        return Connection(
            id=row.id,
            shop_id=row.shop_id,
            kind=row.kind,
            credential=self._vault.open(row.credential) if is_key else "",
            scopes=frozenset(row.scopes),
            account_id=row.account_id,
            account_name=row.account_name,
            generation=row.generation,
            problem=row.problem,
            connected_at=row.connected_at,
            is_connected=row.status == CONNECTED,
        )


def _values(account: Account, kind: str, sealed: str, now: datetime) -> dict[str, object]:
    return {
        "kind": kind,
        "status": CONNECTED,
        "credential": sealed,
        "scopes": sorted(account.scopes),
        "account_id": account.id,
        "account_name": account.name,
        "problem": "",
        "connected_at": now,
        "refreshed_at": now if kind == ConnectionKind.OAUTH else None,
        "refresh_lease": None,
        "refresh_until": None,
    }


def _generation(before: "sa.Row[tuple[object, ...]]", kind: str, account: Account) -> int:
    """Metric identity changes with the integration, so both make a generation."""
    same = (before.kind, before.account_id) == (kind, account.id)
    return int(before.generation) + (0 if same else 1)


def _compare(shown: str | None, before: "sa.Row[tuple[object, ...]]") -> None:
    connected = before.account_id if before.status == CONNECTED else ""
    if shown is not None and connected not in {"", shown}:
        raise AccountChanged("Another account was connected meanwhile.", fix="Look again, then decide.")


def _same_credential(one: Connection, other: Connection) -> bool:
    return (one.kind, one.credential, one.connected_at) == (other.kind, other.credential, other.connected_at)


def _of(shop_id: str, provider: str) -> "sa.Select[tuple[object, ...]]":
    return sa.select(connections).where(connections.c.shop_id == shop_id, connections.c.provider == provider)
