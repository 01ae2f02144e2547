"""A shop floor with a connected account, on each database."""

import pytest

from tests.fixtures.floor import Floor
from tests.fixtures.kept import database, kept_database

__all__ = ["database", "floor", "kept_database"]


@pytest.fixture
async def floor(database, clock, vault) -> Floor:
    return await Floor(database, clock, vault).open()
