"""Inserts that leave existing rows alone, on both databases; each statement is built once per table."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(conn: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Return the dialect's own insert, which knows ON CONFLICT."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def insert_new(conn: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same key exists; return whether it is new.

    SQLAlchemy forgets the row count of an INSERT on PostgreSQL unless it is told to keep it.
    """
    return conn.execute(_insert_new(conn.dialect.name, table), dict(row)).rowcount == 1


def insert_new_many(conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Insert the rows whose keys are new; return the ids of these."""
    return set(conn.scalars(_insert_returning(conn.dialect.name, table), rows)) if rows else set()


@lru_cache
def _insert_returning(dialect: str, table: sa.Table) -> sa.Executable:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing().returning(table.c.id)


@lru_cache
def _insert_new(dialect: str, table: sa.Table) -> sa.Insert:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
