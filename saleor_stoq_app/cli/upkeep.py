"""`stoq migrate`, `stoq keys`, `stoq rotate-keys` and `stoq doctor`: looking after an installation."""

import asyncio
from functools import partial

import sqlalchemy as sa

from saleor_stoq_app import config as configuration
from saleor_stoq_app import secrets
from saleor_stoq_app.config import Config
from saleor_stoq_app.database import migrate as migrations
from saleor_stoq_app.database.tables import connections, shops, signups
from saleor_stoq_app.errors import StoqError
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.wiring import House, open_house

CHUNK = 500
SEALED = ((shops, shops.c.token), (connections, connections.c.credential), (signups, signups.c.contact))


def migrate() -> None:
    """Bring the database to this version."""
    migrations.upgrade(configuration.load().url_of_database)
    print("The database is at this version.")


def keys() -> None:
    """Print a fresh pair of keys for the environment; keep both, the second for ever."""
    secret_key, hash_key = secrets.fresh_keys()
    print(f"STOQ_SECRET_KEYS={secret_key}\nSTOQ_HASH_KEY={hash_key}")


def rotate_keys() -> None:
    """Encrypt everything stored with the newest of STOQ_SECRET_KEYS; may be repeated."""
    print(f"{asyncio.run(_rotate(configuration.load()))} secrets are encrypted with the newest key.")


def doctor() -> None:
    """Check an installation and say what to mend."""
    asyncio.run(_examine(configuration.load()))


COMMANDS = (migrate, keys, rotate_keys, doctor)


async def _rotate(config: Config) -> int:
    async with open_house(config) as house:
        return sum([await _rotate_column(house, table, column) for table, column in SEALED])


async def _rotate_column(house: House, table: sa.Table, column: "sa.Column[str]") -> int:
    cursor, count = "", 0
    while True:
        write = partial(rotate_chunk, vault=house.vault, table=table, column=column, cursor=cursor)
        done = await house.database.write(write)
        if not done:
            return count
        cursor, count = done[-1], count + len(done)


def rotate_chunk(
    conn: sa.Connection, vault: Vault, table: sa.Table, column: "sa.Column[str]", cursor: str
) -> list[str]:
    """Encrypt up to 500 rows again; return their ids."""
    wanted = sa.select(table.c.id, column).where(table.c.id > cursor).order_by(table.c.id).limit(CHUNK)
    rows = conn.execute(wanted).all()
    for row_id, sealed in rows:
        conn.execute(sa.update(table).where(table.c.id == row_id).values({column: vault.rotate(sealed)}))
    return [row_id for row_id, _ in rows]


async def _examine(config: Config) -> None:
    """Print one line per finding; a shop that does not answer is a finding, not an error."""
    print(f"Database: {'SQLite, one process' if config.embedded else 'PostgreSQL'}")
    print(f"Redis: {'shared' if config.redis_url else 'embedded, one process'}")
    print(f"Reachable for Saleor at: {config.app_base_url}")
    if not config.allowed_saleor_urls:
        print("No shop may install: set STOQ_ALLOWED_SALEOR_URLS to the shops' API addresses.")
    async with open_house(config) as house:
        await house.redis.ping()
        for shop in await house.shops.active():
            print(f"{shop.saleor_api_url}: {await _standing(house, shop)}")


async def _standing(house: House, shop: Shop) -> str:
    try:
        done = await house.reconciler.reconcile(shop)
        connection = await house.connections.of(shop.id, (await house.choices.of(shop.id)).sms_provider)
    except StoqError as error:
        return f"{error.message} {error.fix}".rstrip()
    mended = [*done.created, *done.updated, *done.deleted]
    webhooks = f"webhooks mended: {', '.join(mended)}" if mended else "webhooks as wanted"
    sending = (
        connection.problem or f"sends through {connection.account_name}" if connection else "not connected"
    )
    return f"{webhooks}; {sending}"
