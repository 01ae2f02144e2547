"""A shop floor with a connected account, on each database."""

import pytest

from tests.fixtures.floor import Floor


@pytest.fixture
async def floor(database, clock, vault) -> Floor:
    return await Floor(database, clock, vault).open()
