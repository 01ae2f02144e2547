"""An embedded SQLite moves to PostgreSQL whole or not at all, and is copied while it is in use."""

import json
import os
import sqlite3
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from saleor_stoq_app import cli
from saleor_stoq_app.cli import moving
from saleor_stoq_app.database import migrate, tables
from saleor_stoq_app.database.processes import hold
from saleor_stoq_app.errors import InvalidInput, Misconfigured, StoqError, Unavailable

AT = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
JSON = {"ü": [1, 2.5, None, True], "deep": {"text": "☃"}}
MANY = 2_500


def value(column, number):
    """Give nullable columns a NULL in every other row."""
    if column.name == "shop_id":
        return None if column.nullable and number % 2 else f"shop{number % 3}"
    if column.nullable and number % 2:
        return None
    kinds = {sa.JSON: JSON, tables.Utc: AT, sa.Integer: number, sa.Boolean: number % 4 == 0}
    fixed = next((given for kind, given in kinds.items() if isinstance(column.type, kind)), "")
    return fixed if fixed != "" else _text(column, number)


def _text(column, number):
    if column.name == "id":
        return f"shop{number}" if column.table is tables.shops else f"id{number}"
    return f"é{number}"[: column.type.length]


def fill(conn, table, count):
    conn.execute(sa.insert(table), [{c.name: value(c, n) for c in table.columns} for n in range(count)])


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An operator's data directory: a row or two of everything, many signups, and the keys."""
    folder = tmp_path / "data"
    url = f"sqlite:///{folder / 'stoq.sqlite3'}"
    migrate.upgrade(url)
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        for table in tables.metadata.sorted_tables:
            fill(conn, table, MANY if table is tables.signups else 3)
    engine.dispose()
    (folder / "keys.json").write_text(json.dumps({"secret_keys": ["hidden1"], "hash_key": "hidden2"}))
    for name in ("DATABASE_URL", "SECRET_KEYS", "HASH_KEY"):
        monkeypatch.delenv(f"STOQ_{name}", raising=False)
    monkeypatch.setenv("STOQ_DATA_DIR", str(folder))
    return folder


def contents(url, without=()):
    engine = sa.create_engine(url)
    wanted = [table for table in tables.metadata.sorted_tables if table.name not in without]
    with engine.connect() as conn:
        found = {table.name: list(map(tuple, conn.execute(sa.select(table)))) for table in wanted}
    engine.dispose()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def sqlite(folder):
    return f"sqlite:///{folder / 'stoq.sqlite3'}"


def run(*words):
    done = CliRunner().invoke(cli.app, list(words))
    if done.exception:
        raise done.exception
    return done.output


@pytest.mark.servers
def test_everything_arrives_but_the_running_processes(data, empty_postgresql):
    said = run("move", empty_postgresql)
    assert contents(empty_postgresql, ["processes"]) == contents(sqlite(data), ["processes"])
    assert contents(empty_postgresql)["processes"] == []
    assert {f"{table.name}: 3" for table in moving.TABLES} - set(said.splitlines()) == {"signups: 3"}
    assert f"signups: {MANY}" in said


@pytest.mark.servers
def test_it_says_what_to_set_next_and_prints_no_secret(data, empty_postgresql):
    said = run("move", empty_postgresql.replace("stoq@", "stoq:pass-word@"))
    assert all(f"STOQ_{name}" in said for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEYS", "HASH_KEY"))
    assert str(data / "keys.json") in said
    assert "hidden" not in said
    assert "pass-word" not in said


@pytest.mark.servers
def test_a_target_with_rows_is_refused_and_left_alone(data, empty_postgresql):
    run("move", empty_postgresql)
    before = contents(empty_postgresql)
    with pytest.raises(InvalidInput, match=r"not empty: it holds .*shops"):
        run("move", empty_postgresql)
    assert contents(empty_postgresql) == before


@pytest.mark.servers
def test_a_source_in_use_is_refused(data, empty_postgresql):
    held = hold(data / "stoq.sqlite3")
    with pytest.raises(Misconfigured, match="Another process"):
        run("move", empty_postgresql)
    os.close(held)
    run("move", empty_postgresql)


@pytest.mark.servers
def test_what_postgresql_refuses_leaves_nothing_behind(data, empty_postgresql):
    """SQLite keeps text that is longer than its column; PostgreSQL does not."""
    with sqlite3.connect(data / "stoq.sqlite3") as conn:
        conn.execute("UPDATE journal SET what = ? WHERE id = 'id1'", ["x" * 65])
    conn.close()
    with pytest.raises(Unavailable, match="Nothing was moved"):
        run("move", empty_postgresql)
    assert not any(contents(empty_postgresql).values())


@pytest.mark.servers
@pytest.mark.parametrize(
    "harm",
    ["RETURN NULL", "NEW.seen := '{}'; RETURN NEW"],
    ids=["a row less", "another value"],
)
def test_a_difference_rolls_everything_back(data, empty_postgresql, harm):
    migrate.upgrade(empty_postgresql)
    server = sa.create_engine(empty_postgresql)
    with server.begin() as conn:
        conn.exec_driver_sql(
            f"CREATE FUNCTION harm() RETURNS trigger AS $$ BEGIN {harm}; END $$ LANGUAGE plpgsql"
        )
        conn.exec_driver_sql(
            "CREATE TRIGGER harm BEFORE INSERT ON journal FOR EACH ROW "
            "WHEN (NEW.id = 'id1') EXECUTE FUNCTION harm()"
        )
    server.dispose()
    with pytest.raises(StoqError, match="journal did not arrive as it was"):
        run("move", empty_postgresql)
    assert not any(contents(empty_postgresql).values())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cret@127.0.0.1:1/none",
        "postgresql://me:s3@s3cret@x:s3cret/none",
        "sqlite:///s3cret",
        "s3cret",
    ],
)
def test_a_wrong_address_is_a_sentence_without_the_password(data, address):
    with pytest.raises((InvalidInput, Unavailable)) as refused:
        run("move", address)
    assert "s3cret" not in refused.value.message + refused.value.fix


def test_a_backup_is_whole_and_private_while_the_app_writes(data, tmp_path):
    held, file = hold(data / "stoq.sqlite3"), tmp_path / "copy.sqlite3"
    with sqlite3.connect(data / "stoq.sqlite3") as app:
        app.execute("PRAGMA journal_mode=WAL")
        before = contents(sqlite(data))
        app.execute("UPDATE shops SET app_id = 'not committed'")
        said = run("backup", str(file))
        app.rollback()
    app.close()
    os.close(held)
    keys = tmp_path / "copy.sqlite3.keys.json"
    assert contents(f"sqlite:///{file}") == before
    assert keys.read_bytes() == (data / "keys.json").read_bytes()
    assert [path.stat().st_mode & 0o777 for path in (file, keys)] == [0o600, 0o600]
    assert str(keys) in said
    assert "hidden" not in said


def test_keys_of_the_environment_are_named_and_not_copied(data, tmp_path, monkeypatch):
    monkeypatch.setenv("STOQ_SECRET_KEYS", "hidden3")
    monkeypatch.setenv("STOQ_HASH_KEY", "hidden4")
    said = run("backup", str(tmp_path / "copy"))
    assert "STOQ_SECRET_KEYS and STOQ_HASH_KEY" in said
    assert "hidden" not in said
    assert not (tmp_path / "copy.keys.json").exists()


@pytest.mark.parametrize("taken", ["copy", "copy.keys.json"])
def test_a_backup_overwrites_nothing_and_leaves_no_half(data, tmp_path, taken):
    (tmp_path / taken).write_text("precious")
    with pytest.raises(InvalidInput, match="exists already"):
        run("backup", str(tmp_path / "copy"))
    assert [path.name for path in tmp_path.glob("copy*")] == [taken]
    assert (tmp_path / taken).read_text() == "precious"


def test_a_damaged_database_gives_no_backup(data, tmp_path):
    source = data / "stoq.sqlite3"
    source.write_bytes(source.read_bytes()[:4096] + b"\xff" * 8192 + source.read_bytes()[12288:])
    with pytest.raises(StoqError):
        run("backup", str(tmp_path / "copy"))
    assert list(tmp_path.glob("copy*")) == []


def test_a_folder_that_is_not_there_is_a_sentence(data, tmp_path):
    with pytest.raises(Unavailable, match="could not be written"):
        run("backup", str(tmp_path / "none" / "copy"))


@pytest.mark.parametrize("command", ["move", "backup"])
def test_postgresql_is_pointed_to_its_own_tool(data, monkeypatch, command):
    monkeypatch.setenv("STOQ_DATABASE_URL", "postgresql://db/stoq")
    with pytest.raises(InvalidInput) as refused:
        run(command, "postgresql://x/y")
    assert "pg_dump" in refused.value.fix


def test_without_a_database_there_is_nothing_to_copy(data, tmp_path, monkeypatch):
    monkeypatch.setenv("STOQ_DATA_DIR", str(tmp_path / "empty"))
    with pytest.raises(InvalidInput, match="There is no SQLite database"):
        run("backup", str(tmp_path / "copy"))
    assert not (tmp_path / "empty").exists()
