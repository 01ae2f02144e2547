"""A shop's provider accounts: stored encrypted, one per provider, each change a new generation."""

from datetime import datetime

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database, Transaction
from saleor_stoq_app.database.tables import connections
from saleor_stoq_app.database.upsert import insert_new
from saleor_stoq_app.providers.base import Account, Connection, ProviderId
from saleor_stoq_app.secrets import Vault


class Connections:
    """The accounts through which a shop sends."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    async def of(self, shop_id: str, provider: ProviderId) -> Connection | None:
        """Return the account, or None while nothing is connected."""
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
        self, shop_id: str, provider: ProviderId, *, kind: str, credential: str, account: Account
    ) -> Transaction[Connection]:
        """Return `connect` as a transaction, for who must write in the same one what follows from it."""
        now = self._clock.now()
        row = _values(account, kind, self._vault.seal(credential), now)
        first = row | {"id": new_id(now), "shop_id": shop_id, "provider": provider, "generation": 1}

        def store(connection: sa.Connection) -> Connection:
            if not insert_new(connection, connections, first):
                before = connection.execute(_of(shop_id, provider).with_for_update()).one()
                renewed = row | {"generation": _generation(before, kind, account)}
                mine = connections.c.id == before.id
                connection.execute(sa.update(connections).where(mine).values(renewed))
            return self._opened(connection.execute(_of(shop_id, provider)).one())

        return store

    async def report(self, reported: Connection, problem: str) -> None:
        """Remember what the merchant must mend; said of a credential that is replaced already, nothing."""

        def store(connection: sa.Connection) -> None:
            mine = sa.select(connections).where(connections.c.id == reported.id).with_for_update()
            row = connection.execute(mine).one_or_none()
            if row is not None and self._vault.open(row.credential) == reported.credential:
                troubled = sa.update(connections).where(connections.c.id == reported.id)
                connection.execute(troubled.values(problem=problem))

        await self._database.write(store)

    def _opened(self, row: "sa.Row[tuple[object, ...]]") -> Connection:
        return Connection(
            id=row.id,
            shop_id=row.shop_id,
            kind=row.kind,
            credential=self._vault.open(row.credential),
            scopes=frozenset(row.scopes),
            account_id=row.account_id,
            account_name=row.account_name,
            generation=row.generation,
            problem=row.problem,
        )


def _values(account: Account, kind: str, sealed: str, now: datetime) -> dict[str, object]:
    return {
        "kind": kind,
        "credential": sealed,
        "scopes": sorted(account.scopes),
        "account_id": account.id,
        "account_name": account.name,
        "problem": "",
        "connected_at": now,
    }


def _generation(before: "sa.Row[tuple[object, ...]]", kind: str, account: Account) -> int:
    """Metric identity changes with the integration, so both make a generation."""
    same = (before.kind, before.account_id) == (kind, account.id)
    return int(before.generation) + (0 if same else 1)


def _of(shop_id: str, provider: str) -> "sa.Select[tuple[object, ...]]":
    return sa.select(connections).where(connections.c.shop_id == shop_id, connections.c.provider == provider)
