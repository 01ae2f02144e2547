"""`saleor-stoq migrate`, `keys` and `rotate-keys`: looking after the database and its secrets."""

import asyncio
from functools import partial

import sqlalchemy as sa

from saleor_stoq_app import config as configuration
from saleor_stoq_app import secrets
from saleor_stoq_app.config import Config
from saleor_stoq_app.database import migrate as migrations
from saleor_stoq_app.database.tables import connections, oauth_tickets, shops, signups
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.secrets import Vault
from saleor_stoq_app.wiring import House, open_house

CHUNK = 500
SEALED = (
    (shops, shops.c.token),
    (connections, connections.c.credential),
    (signups, signups.c.contact),
    (oauth_tickets, oauth_tickets.c.secret),
)


def migrate() -> None:
    """Bring the database to this version."""
    try:
        migrations.upgrade(configuration.load().url_of_database)
    except sa.exc.OperationalError as error:
        msg = f"The database did not answer: {str(error.orig).splitlines()[0]}."
        raise Unavailable(msg, fix="Check STOQ_DATABASE_URL.") from error
    print("The database is at this version.")


def keys() -> None:
    """Print a fresh pair of keys for the environment; keep both, the second for ever."""
    secret_key, hash_key = secrets.fresh_keys()
    print(f"STOQ_SECRET_KEYS={secret_key}\nSTOQ_HASH_KEY={hash_key}")


def rotate_keys() -> None:
    """Encrypt what is kept for long with the newest of STOQ_SECRET_KEYS; may be repeated."""
    print(f"{asyncio.run(_rotate(configuration.load()))} secrets are encrypted with the newest key.")


COMMANDS = (migrate, keys, rotate_keys)


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
