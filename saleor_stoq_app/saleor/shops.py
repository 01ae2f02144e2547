"""The Saleor installations that we serve: whose token, whose keys, and whether the app lives there."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import shops
from saleor_stoq_app.errors import InvalidInput, NotFound
from saleor_stoq_app.saleor.ids import SaleorApiUrl, parse_saleor_api_url, schema_version_text
from saleor_stoq_app.secrets import Vault

REMEMBERED = timedelta(seconds=5)

_PUBLIC_KEY = re.compile(r"pub_[A-Za-z0-9_-]{32}")


class ShopStatus(StrEnum):
    """Whether the app is switched on in the shop, as the shop told when it was last asked."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNINSTALLED = "uninstalled"


@dataclass(frozen=True, slots=True)
class Shop:
    """One Saleor installation; `public_key` is what storefronts know it by."""

    id: str
    public_key: str
    saleor_api_url: SaleorApiUrl
    app_id: str
    token: str = field(repr=False)
    jwks: dict[str, Any] = field(repr=False, compare=False)
    schema_version: str
    status: ShopStatus


class Shops:
    """Keeps the shops and remembers each for some seconds, so that a delivery costs no query.

    A second process learns of a change when its own memory of the shop ends; `fresh` asks at once.
    """

    def __init__(self, db: Database, vault: Vault, clock: Clock) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._remembered: dict[tuple[str, str], tuple[datetime, Shop]] = {}
        self._changes = 0

    async def by_url(self, url: str, *, fresh: bool = False) -> Shop | None:
        """Find the shop of an API address, whatever its spelling; None where nobody installed us."""
        if not fresh and (shop := self._recall("saleor_api_url", url)):
            return shop
        try:
            return await self._find(shops.c.saleor_api_url, parse_saleor_api_url(url), fresh=fresh)
        except InvalidInput:
            return None

    async def by_public_key(self, key: str) -> Shop | None:
        return await self._find(shops.c.public_key, key) if _PUBLIC_KEY.fullmatch(key) else None

    async def by_id(self, shop_id: str, *, fresh: bool = False) -> Shop | None:
        return await self._find(shops.c.id, shop_id, fresh=fresh)

    async def active(self) -> list[Shop]:
        """Return the shops that may be asked and served, the oldest first."""
        wanted = sa.select(shops).where(shops.c.status == ShopStatus.ACTIVE).order_by(shops.c.id)
        rows = await self._db.read(lambda conn: conn.execute(wanted).mappings().all())
        return [self._opened(row) for row in rows]

    async def save(
        self,
        saleor_api_url: SaleorApiUrl,
        *,
        app_id: str,
        token: str,
        jwks: dict[str, Any],
        schema_version: str | None,
    ) -> Shop:
        """Keep a proved installation; a second one at the same address takes over all that we know there."""
        now = self._clock.now()
        renewed = {
            "app_id": app_id,
            "token": self._vault.seal(token),
            "jwks": jwks,
            "schema_version": schema_version_text(schema_version),
            "status": ShopStatus.ACTIVE,
        }
        added = {
            "id": new_id(now),
            "public_key": f"pub_{secrets.token_urlsafe(24)}",
            "saleor_api_url": saleor_api_url,
            "installed_at": now,
        }
        row = await self._db.write(lambda conn: _upsert(conn, added, renewed))
        return self._changed(row)

    async def set_status(self, shop_id: str, status: ShopStatus, *, app_id: str | None = None) -> Shop:
        """Record what the shop said; with `app_id` only if that installation is still the present one.

        Raises:
            NotFound: there is no such shop.
        """
        return await self._update(shop_id, {"status": status}, app_id)

    async def save_jwks(self, shop_id: str, jwks: dict[str, Any]) -> Shop:
        """Record the shop's new keys.

        Raises:
            NotFound: there is no such shop.
        """
        return await self._update(shop_id, {"jwks": jwks}, None)

    async def set_schema_version(self, shop_id: str, schema_version: str) -> Shop:
        """Record that the shop runs another Saleor now.

        Raises:
            NotFound: there is no such shop.
        """
        return await self._update(shop_id, {"schema_version": schema_version_text(schema_version)}, None)

    async def _update(self, shop_id: str, values: Mapping[str, Any], app_id: str | None) -> Shop:
        mine = shops.c.id == shop_id
        changed = sa.update(shops).where(mine).values(**values)
        if app_id is not None:
            changed = changed.where(shops.c.app_id == app_id)

        def change(conn: sa.Connection) -> sa.RowMapping | None:
            conn.execute(changed)
            return conn.execute(sa.select(shops).where(mine)).mappings().one_or_none()

        row = await self._db.write(change)
        if row is None:
            raise NotFound("This shop is not known here.")
        return self._changed(row)

    async def _find(self, column: sa.Column[Any], value: str, *, fresh: bool = False) -> Shop | None:
        if not fresh and (shop := self._recall(column.name, value)):
            return shop
        changes = self._changes
        wanted = sa.select(shops).where(column == value)
        row = await self._db.read(lambda conn: conn.execute(wanted).mappings().one_or_none())
        if row is None:
            return None
        shop = self._opened(row)
        if changes == self._changes:  # else what was read may be older than what is remembered
            self._remember(shop)
        return shop

    def _recall(self, name: str, value: str) -> Shop | None:
        until, shop = self._remembered.get((name, value), (None, None))
        return shop if until is not None and self._clock.now() < until else None

    def _remember(self, shop: Shop) -> None:
        until = self._clock.now() + REMEMBERED
        for name in ("id", "saleor_api_url", "public_key"):
            self._remembered[name, getattr(shop, name)] = (until, shop)

    def _changed(self, row: sa.RowMapping) -> Shop:
        self._changes += 1
        shop = self._opened(row)
        self._remember(shop)
        return shop

    def _opened(self, row: sa.RowMapping) -> Shop:
        return Shop(
            id=row["id"],
            public_key=row["public_key"],
            saleor_api_url=SaleorApiUrl(row["saleor_api_url"]),
            app_id=row["app_id"],
            token=self._vault.open(row["token"]),
            jwks=row["jwks"],
            schema_version=row["schema_version"],
            status=ShopStatus(row["status"]),
        )


def _upsert(conn: sa.Connection, added: Mapping[str, Any], renewed: Mapping[str, Any]) -> sa.RowMapping:
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    return (
        conn.execute(
            dialect.insert(shops)
            .values(**added, **renewed)
            .on_conflict_do_update(index_elements=[shops.c.saleor_api_url], set_=renewed)
            .returning(shops)
        )
        .mappings()
        .one()
    )
