"""Fixtures that every test may ask for.

`database` and `redis` run a test once per kind of server: SQLite and the in-memory Redis always,
private real servers where their programs are found. `STOQ_TEST_SERVERS=required` turns a missing
server from a skip into a failure; `STOQ_TEST_EFFORT` (quick, ci, soak) says how long random tests
may search, and leaves out the slow tests when it is quick.
"""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import fakeredis
import pytest
import sqlalchemy as sa
from hypothesis import settings
from redis.asyncio import Redis

from saleor_stoq_app.clock import ManualClock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import metadata
from saleor_stoq_app.secrets import Vault, fresh_keys
from tests import servers


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a random test may do in this tier."""

    histories: int
    kills: int


EFFORTS = {
    "quick": Effort(histories=200, kills=50),
    "ci": Effort(histories=1_000, kills=200),
    "soak": Effort(histories=20_000, kills=2_000),
}
EFFORT = os.environ.get("STOQ_TEST_EFFORT", "quick")

settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None)
settings.register_profile("soak", max_examples=5_000, deadline=None)
settings.load_profile(EFFORT)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = [item for item in items if EFFORT == "quick" and item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session")
def effort() -> Effort:
    return EFFORTS[EFFORT]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture
def vault() -> Vault:
    secret_key, hash_key = fresh_keys()
    return Vault([secret_key], hash_key)


def _found(find: Callable[[], Path]) -> None:
    try:
        find()
    except servers.ServerMissing as missing:
        if os.environ.get("STOQ_TEST_SERVERS") == "required":
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A private PostgreSQL; `database_url` puts the tables into it."""
    _found(servers.postgresql_programs)
    with servers.postgresql() as address:
        yield address


@pytest.fixture
def empty_postgresql(postgresql_url: str) -> Iterator[str]:
    """A fresh PostgreSQL database without tables, for tests that migrate or start whole processes."""
    name = f"test_{uuid4().hex}"
    server = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield postgresql_url.replace("@/postgres?", f"@/{name}?")
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A private Redis that several processes can share; may hold what earlier tests left."""
    _found(servers.redis_program)
    with servers.redis() as address:
        yield address


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    engine = sa.create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def _postgresql_tables(postgresql_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgresql_url, connect_args={"options": "-c lock_timeout=10s"})
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with empty tables, for tests that open it more than once."""
    if request.param == "sqlite":
        path = tmp_path / "stoq.sqlite3"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        return f"sqlite:///{path}"
    tables: sa.Engine = request.getfixturevalue("_postgresql_tables")
    with tables.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(params=["fake", pytest.param("server", marks=pytest.mark.servers)])
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    """An empty Redis: the in-memory one, then a real one."""
    if request.param == "fake":
        client: Redis = fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer())
    else:
        client = Redis.from_url(request.getfixturevalue("redis_url"))
        await client.flushall()
    yield client
    await client.aclose()
