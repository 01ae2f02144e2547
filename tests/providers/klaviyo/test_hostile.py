"""What Klaviyo should never say, and a Redis that is away between gate and wire."""

from dataclasses import replace

import fakeredis
import httpx
import pytest

from saleor_stoq_app.config import Config
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.errors import Retryable
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.base import Accepted, Batch, Connection, Tools
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo.errors import scrub
from saleor_stoq_app.providers.klaviyo.limits import policy
from tests.providers.messages import alert

SINGLE = Batch("single", 100)


@pytest.mark.parametrize("word", ["a\x00b", "a\x1b[31mb", "a\nb", "a\x9bb"])
def test_no_control_character_survives_in_words(word):
    assert scrub(word).isprintable()


async def test_what_a_header_says_is_scrubbed_too(klaviyo, wire):
    phone = alert(1).recipient.phone
    wire.answer(httpx.Response(202, headers={"X-Klaviyo-Partial-Failure": f"phone_number {phone}"}))

    results = await klaviyo.send(SINGLE, [alert(1)])

    assert phone not in results[alert(1).key].message


@pytest.mark.parametrize("said", ["1;w=999999999", "5;w=86401", "7;w=0"])
def test_a_window_that_would_never_end_is_no_window(said):
    assert policy(said) == ()


@pytest.fixture
def redis_server():
    return fakeredis.FakeServer()


@pytest.fixture
async def tools(wire, clock, redis_server):
    async with (
        Client(guarded=False, transport=httpx.MockTransport(wire)) as http,
        fakeredis.FakeAsyncRedis(server=redis_server) as redis,
    ):
        yield Tools(http, Limiter(redis, clock), clock, Config())


@pytest.mark.parametrize("endpoint", ["single", "bulk"])
async def test_what_cannot_be_paced_was_surely_not_sent(klaviyo, wire, redis_server, endpoint):
    redis_server.connected = False

    with pytest.raises(Retryable, match="counted"):
        await klaviyo.send(Batch(endpoint, 1), [alert(1)])

    assert wire.requests == []


@pytest.fixture
def connection():
    return Connection(
        id="c",
        shop_id="s",
        kind="api_key",
        credential="pk_0123456789abcdef",
        scopes=frozenset(),
        account_id="AbC123",
        account_name="Acme",
        generation=1,
    )


class LosesRedis(httpx.AsyncBaseTransport):
    """Answers as the wire does, and Redis is gone by then."""

    def __init__(self, wire, server):
        self._wire = httpx.MockTransport(wire)
        self._server = server

    async def handle_async_request(self, request):
        answer = await self._wire.handle_async_request(request)
        self._server.connected = False
        return answer


async def test_an_answer_counts_though_its_pause_cannot_be_noted(tools, connection, wire, redis_server):
    wire.headers = {"ratelimit-remaining": "0", "ratelimit-reset": "40"}
    async with Client(guarded=False, transport=LosesRedis(wire, redis_server)) as http:
        klaviyo = SPEC.build(replace(tools, http=http), connection)
        results = await klaviyo.send(SINGLE, [alert(1)])

    assert isinstance(results[alert(1).key], Accepted)
