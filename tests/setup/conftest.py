"""A shop that sets its flows up, on each database."""

import pytest

from tests.setup.bench import Bench


@pytest.fixture
async def bench(database, clock, vault) -> Bench:
    return await Bench(database, clock, vault).open()
