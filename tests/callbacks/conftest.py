"""A shop that connects nothing yet, and a browser in front of our pages."""

from collections.abc import AsyncIterator

import pytest

from tests.fixtures.browsing import Browser, Desk
from tests.fixtures.browsing import desk as open_desk
from tests.fixtures.floor import Floor


@pytest.fixture
async def floor(database, clock, vault) -> Floor:
    return await Floor(database, clock, vault).open(connected=False)


@pytest.fixture
async def desk(floor) -> AsyncIterator[Desk]:
    async with open_desk(floor) as desk:
        yield desk


@pytest.fixture
async def browser(desk) -> AsyncIterator[Browser]:
    browser = desk.browser()
    async with browser.http:
        yield browser
