"""A world in which a merchant has installed the app and connected Klaviyo."""

from collections.abc import AsyncIterator

import pytest

from saleor_stoq_app.database import migrate
from tests.journeys.world import ALERT_METRIC, World
from tests.journeys.world import world as build


@pytest.fixture
async def empty_world(clock, tmp_path) -> AsyncIterator[World]:
    async with build(clock, tmp_path) as world:
        yield world


@pytest.fixture
async def world(empty_world: World) -> World:
    await empty_world.install()
    flow = empty_world.klaviyo.add_flow(ALERT_METRIC)
    await empty_world.connect()
    await empty_world.verify(flow.name)
    await empty_world.open_storefront()
    await empty_world.settle()
    return empty_world


@pytest.fixture
def migrated_postgresql(empty_postgresql: str) -> str:
    """A PostgreSQL database of its own, brought to this version as an operator would."""
    migrate.upgrade(empty_postgresql)
    return empty_postgresql
