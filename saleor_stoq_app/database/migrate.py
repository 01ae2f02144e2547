"""Bringing a database to the newest tables: by itself on SQLite, by `saleor-stoq migrate` on PostgreSQL."""

import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_868_671  # "stoq" on a phone's keys; one number that every process of ours agrees on


def upgrade(url: str) -> None:
    """Apply what is missing, all or nothing; two processes may try at the same time."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(
                "BEGIN IMMEDIATE" if _is_sqlite(engine) else f"SELECT pg_advisory_xact_lock({LOCK})"
            )
            command.upgrade(_settings(connection), "head")
            connection.commit()
    finally:
        engine.dispose()


def is_behind(engine: sa.Engine) -> bool:
    """Say whether the database lacks a migration of this version of the app."""
    with engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    return set(applied) != set(ScriptDirectory(str(MIGRATIONS)).get_heads())


def draft(message: str) -> None:
    """Write the migration that leads from the newest one to `tables.py`, for a person to read."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.sqlite3"
        upgrade(url)
        engine = _engine(url)
        with engine.connect() as connection:
            number = len(list(MIGRATIONS.glob("versions/*.py"))) + 1
            command.revision(_settings(connection), message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


def _settings(connection: sa.Connection) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "newline")
    settings.attributes["connection"] = connection
    return settings


def _engine(url: str) -> sa.Engine:
    """Open a database such that changes to SQLite's tables stand in a transaction, too.

    Python's sqlite3 opens no transaction before CREATE or ALTER; without its help, our BEGIN holds.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url)
    folder = Path(sa.make_url(url).database or "").parent
    folder.mkdir(parents=True, exist_ok=True)
    return sa.create_engine(url, isolation_level="AUTOCOMMIT")


def _is_sqlite(engine: sa.Engine) -> bool:
    return engine.dialect.name == "sqlite"
