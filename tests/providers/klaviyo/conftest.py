"""A strategy that is connected to the wire, and messages for it."""

import fakeredis
import httpx
import pytest

from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.base import Connection, Tools
from saleor_stoq_app.providers.klaviyo import SPEC
from tests.providers.klaviyo.grants import MemoryTokens
from tests.providers.klaviyo.wire import Wire

SCOPES = frozenset({"events:read", "metrics:read"})


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
async def tools(wire, clock):
    async with (
        Client(guarded=False, transport=httpx.MockTransport(wire)) as http,
        fakeredis.FakeAsyncRedis() as redis,
    ):
        yield Tools(http, Limiter(redis, clock), clock, Config())


@pytest.fixture
def tokens():
    return MemoryTokens()


@pytest.fixture
def connect(tools):
    def build(scopes=SCOPES):
        connection = Connection(
            id="c",
            shop_id="s",
            kind="api_key",
            credential="pk_0123456789abcdef",
            scopes=scopes,
            account_id="AbC123",
            account_name="Acme",
            generation=1,
        )
        return SPEC.build(tools, connection)

    return build


@pytest.fixture
def klaviyo(connect):
    return connect()
