"""The strategy, connected to the double of Klaviyo on one clock."""

import fakeredis
import httpx
import pytest

from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.base import Connection, Tools
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.sandbox.klaviyo import SandboxKlaviyo
from saleor_stoq_app.sandbox.phones import Phones
from tests.providers.klaviyo.sandbox.handing import METRIC


@pytest.fixture
def phones():
    return Phones()


@pytest.fixture
def sandbox(clock, phones):
    sandbox = SandboxKlaviyo(clock, phones)
    sandbox.add_flow(METRIC)
    return sandbox


@pytest.fixture
async def tools(sandbox, clock):
    network = httpx.ASGITransport(sandbox.app)
    async with (
        Client(guarded=False, transport=network) as http,
        fakeredis.FakeAsyncRedis() as redis,
    ):
        yield Tools(http, Limiter(redis, clock), clock, Config())


@pytest.fixture
def connect(tools, clock):
    async def build(key):
        clock.advance(2)  # an account may be asked about once a second
        account = await SPEC.probe(tools, key)
        connection = Connection("c", "s", "api_key", key, account.scopes, account.id, account.name, 1)
        return SPEC.build(tools, connection)

    return build


@pytest.fixture
async def klaviyo(connect, sandbox):
    return await connect(sandbox.api_key)
