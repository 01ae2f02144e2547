# ruff: noqa: INP001 - Alembic loads this file by its path
"""Alembic's entry: runs migrations on the connection that `migrate.py` opened."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from saleor_stoq_app.database.tables import metadata
from saleor_stoq_app.database.times import Utc


def _plain(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column type as what the database stores: old migrations must not follow the code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Utc) else False


connection: sa.Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=_plain)
with context.begin_transaction():
    context.run_migrations()
