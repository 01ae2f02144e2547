"""A PostgreSQL in trouble is our trouble, worth repeating; and no error quotes what was to be stored."""

import time

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database import tables
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import Unavailable

pytestmark = pytest.mark.servers
MARK = sa.insert(tables.marks).values(name="a", value="b")


@pytest.fixture
async def postgresql(empty_postgresql):
    database = Database(empty_postgresql)
    await database.write(lambda conn: tables.metadata.create_all(conn, tables=[tables.marks]))
    yield database
    await database.close()


async def test_a_server_that_turned_read_only_is_unavailable(postgresql):
    def write(conn: sa.Connection) -> None:
        conn.exec_driver_sql("SET TRANSACTION READ ONLY")
        conn.execute(MARK)

    with pytest.raises(Unavailable, match="ReadOnly"):
        await postgresql.write(write)


async def test_a_transaction_that_the_server_ended_is_unavailable_and_the_next_one_is_not(postgresql):
    def write(conn: sa.Connection) -> None:
        conn.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 50")
        time.sleep(0.3)
        conn.execute(MARK)

    with pytest.raises(Unavailable):
        await postgresql.write(write)
    await postgresql.write(lambda conn: conn.execute(MARK) and None)
    assert await postgresql.read(lambda conn: conn.scalar(sa.select(tables.marks.c.value))) == "b"


@pytest.mark.parametrize("url", ["sqlite", "postgresql"])
async def test_an_error_does_not_quote_what_was_to_be_stored(url, postgresql, tmp_path):
    database = postgresql if url == "postgresql" else Database(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    lost = sa.text("INSERT INTO nowhere VALUES (:value)")
    with pytest.raises((sa.exc.DBAPIError, Unavailable)) as failed:
        await database.write(lambda conn: conn.execute(lost, {"value": "s3cr3t"}) and None)
    await database.close()
    assert "s3cr3t" not in f"{failed.value} {failed.value.__cause__}"
