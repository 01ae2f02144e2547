"""`saleor-stoq move` and `saleor-stoq backup`: an embedded SQLite goes to PostgreSQL, or is copied."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from saleor_stoq_app import config as configuration
from saleor_stoq_app.config import Config
from saleor_stoq_app.database import migrate
from saleor_stoq_app.database.processes import hold
from saleor_stoq_app.database.tables import metadata, processes
from saleor_stoq_app.errors import InvalidInput, StoqError, Unavailable

CHUNK = 1_000
TABLES = tuple(table for table in metadata.sorted_tables if table is not processes)
KEYS = "STOQ_SECRET_KEYS and STOQ_HASH_KEY"
UNCHANGED = "Nothing was moved, and the SQLite database is as it was."


def move(target_url: str) -> None:
    """Copy the embedded SQLite into an empty PostgreSQL; stop the app first."""
    config = configuration.load()
    path, target = _embedded(config), _postgresql(config, target_url)
    held = hold(path)
    try:
        with _source(config.url_of_database) as old, _target(target) as new:
            for table in TABLES:
                print(f"{table.name}: {_copy(old, new, table)}")
    finally:
        os.close(held)
    print("Everything is in PostgreSQL. Before the next start, set in the environment of every process:")
    print(f"STOQ_DATABASE_URL to the address that you gave, STOQ_REDIS_URL to a Redis, {_keys_next(config)}.")


def backup(file: Path) -> None:
    """Copy the embedded SQLite into FILE, consistently, while the app runs; keep the keys with it."""
    config = configuration.load()
    path, keys = _embedded(config), _kept_keys(config)
    beside = file.with_name(f"{file.name}.keys.json")
    with _fresh([file, beside] if keys else [file]):
        _copy_online(path, file)
        if keys:
            beside.write_bytes(keys.read_bytes())
    said = f"The keys are in {beside}" if keys else f"The keys are {KEYS}"
    print(f"{file} is a whole copy. {said}: keep them with it, for nothing opens it without them.")


COMMANDS = (move, backup)


def _embedded(config: Config) -> Path:
    if not config.embedded:
        fix = "PostgreSQL has its own tool for both: copy it with pg_dump."
        raise InvalidInput("This is for an embedded SQLite, and STOQ_DATABASE_URL names PostgreSQL.", fix=fix)
    path = Path(sa.make_url(config.url_of_database).database or "")
    if not path.is_file():
        fix = "Check STOQ_DATA_DIR and STOQ_DATABASE_URL."
        raise InvalidInput(f"There is no SQLite database at {path}.", fix=fix)
    return path


def _kept_keys(config: Config) -> Path | None:
    """Return the file of the keys, unless the environment holds them."""
    path = config.data_dir / "keys.json"
    return path if path.is_file() and not config.secret_keys else None


def _keys_next(config: Config) -> str:
    keys = _kept_keys(config)
    return f"and {KEYS} to what {keys} holds" if keys else f"and {KEYS} as they are now"


def _postgresql(config: Config, url: str) -> str:
    """A wrong address may hold a piece of a password anywhere, so errors never repeat it."""
    target = config.model_copy(update={"database_url": url}).url_of_database
    try:
        if sa.make_url(target).get_backend_name() == "postgresql":
            return target
    except (sa.exc.ArgumentError, ValueError):
        pass
    msg = "The target is no address of a PostgreSQL."
    raise InvalidInput(msg, fix="Write postgresql://user:password@host/database.")


@contextmanager
def _source(url: str) -> Iterator[sa.Connection]:
    """Commands such as `connect` may run without the lock: BEGIN IMMEDIATE keeps them from writing."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        migrate.upgrade(url)
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
    except sa.exc.DBAPIError as error:
        msg = f"The SQLite database did not answer ({type(error.orig).__name__}). {UNCHANGED}"
        raise Unavailable(msg, fix="Stop what works with it, then try again.") from error
    finally:
        engine.dispose()


@contextmanager
def _target(url: str) -> Iterator[sa.Connection]:
    """Give one transaction on an empty PostgreSQL, committed when everything went well."""
    engine = sa.create_engine(url, hide_parameters=True)
    try:
        migrate.upgrade(url)
        with engine.begin() as connection:
            _refuse_rows(connection)
            yield connection
    except sa.exc.DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise
        raise _refused(error) from error
    finally:
        engine.dispose()


def _refused(error: sa.exc.DBAPIError) -> Unavailable:
    msg = f"PostgreSQL did not do it ({type(error.orig).__name__}). {UNCHANGED}"
    if isinstance(error, sa.exc.OperationalError):
        fix = "Check that it runs, and the address, user and password (special characters written as %40)."
    else:
        fix = "It refused a row of the table that follows the last one printed: please report it."
    return Unavailable(msg, fix=fix)


def _refuse_rows(new: sa.Connection) -> None:
    filled = [table.name for table in TABLES if _count(new, table)]
    if filled:
        msg = f"The PostgreSQL database is not empty: it holds {', '.join(filled)}. {UNCHANGED}"
        raise InvalidInput(msg, fix="Make a fresh database and give its address.")


def _count(conn: sa.Connection, table: sa.Table) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _copy(old: sa.Connection, new: sa.Connection, table: sa.Table) -> int:
    """Copy a table and compare what arrived; return the number of rows."""
    rows = old.execution_options(yield_per=CHUNK).execute(sa.select(table))
    for chunk in rows.mappings().partitions(CHUNK):
        new.execute(sa.insert(table), [dict(row) for row in chunk])
    count = _count(old, table)
    if _count(new, table) != count or not _arrived(old, new, table, 1 if count <= CHUNK else CHUNK):
        msg = f"The table {table.name} did not arrive as it was. {UNCHANGED}"
        raise StoqError(msg, fix="Try again; if it stays so, report it.")
    return count


def _arrived(old: sa.Connection, new: sa.Connection, table: sa.Table, step: int) -> bool:
    """Compare every row of a small table, and every 1,000th of a big one."""
    rows = old.execution_options(yield_per=CHUNK).execute(sa.select(table)).mappings()
    return all(_same(new, table, row) for row in islice(rows, 0, None, step))


def _same(new: sa.Connection, table: sa.Table, row: sa.RowMapping) -> bool:
    keys = [column == row[column.name] for column in table.primary_key]
    arrived = new.execute(sa.select(table).where(*keys)).mappings().one_or_none()
    return arrived is not None and dict(arrived) == dict(row)


@contextmanager
def _fresh(files: list[Path]) -> Iterator[None]:
    """Make files that only their owner reads, never over others; leave no half ones behind."""
    made: list[Path] = []
    try:
        for file in files:
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            made.append(file)
        yield
    except BaseException as error:
        for file in made:
            file.unlink()
        if isinstance(error, FileExistsError):
            msg = f"{error.filename} exists already and was left as it is."
            raise InvalidInput(msg, fix="Name another file.") from error
        if isinstance(error, OSError | sqlite3.Error):
            msg = f"The copy could not be written ({error})."
            raise Unavailable(msg, fix="Check the folder and its free space.") from error
        raise


def _copy_online(path: Path, file: Path) -> None:
    """SQLite's backup takes one state of the database, whatever is written meanwhile."""
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(file)) as new:
        old.backup(new)
    with closing(sqlite3.connect(file)) as copy:
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise StoqError(
            f"The copy is damaged and was removed: {found}.", fix="Check the disk, then try again."
        )
