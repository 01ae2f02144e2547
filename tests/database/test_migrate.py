"""Migrations lead to exactly the tables that the code speaks of, from empty and at the same time."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.migrate import is_behind, upgrade
from saleor_stoq_app.database.tables import metadata


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'made' / 'empty.sqlite3'}"
    return str(request.getfixturevalue("empty_postgresql"))


@pytest.fixture
def engine(empty_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(empty_url)
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables_of_the_code(empty_url, engine):
    upgrade(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def _definitions(engine: sa.Engine) -> set[tuple[str, ...]]:
    """Return the words of every definition; the order of constraints within a table means nothing."""
    sqlite = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name != 'alembic_version' AND sql IS NOT NULL")
    postgresql = sa.text("SELECT indexdef FROM pg_indexes WHERE tablename != 'alembic_version'")
    with engine.connect() as connection:
        found = connection.execute(sqlite if engine.dialect.name == "sqlite" else postgresql)
        return {tuple(sorted(re.findall(r"\w+|[^\w\s]", sql))) for (sql,) in found}


def test_the_migrations_make_the_same_indexes_and_constraints(empty_url, engine):
    """Alembic's comparison does not see the WHERE of a partial index; the databases' own words do."""
    upgrade(empty_url)
    migrated = _definitions(engine)
    with engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert migrated == _definitions(engine)


def test_a_database_is_behind_until_it_is_upgraded(empty_url, engine):
    Path(sa.make_url(empty_url).database or "").parent.mkdir(exist_ok=True)
    assert is_behind(engine)
    upgrade(empty_url)
    assert not is_behind(engine)
    upgrade(empty_url)
    assert not is_behind(engine)


def test_processes_that_migrate_at_once_wait_for_each_other(empty_url, engine):
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            upgrade(empty_url)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert not is_behind(engine)


def test_a_migration_that_breaks_leaves_nothing_behind(empty_url, engine):
    Path(sa.make_url(empty_url).database or "").parent.mkdir(exist_ok=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE watches (in_the_way INTEGER)")
    with pytest.raises(sa.exc.DatabaseError):
        upgrade(empty_url)
    assert sa.inspect(engine).get_table_names() == ["watches"]


async def test_an_upgraded_sqlite_database_serves_the_engine(tmp_path):
    url = f"sqlite:///{tmp_path / 'stoq.sqlite3'}"
    upgrade(url)
    database = Database(url)
    assert await database.read(lambda conn: conn.scalar(sa.text("SELECT count(*) FROM shops"))) == 0
    assert not is_behind(database.engine)
    await database.close()
