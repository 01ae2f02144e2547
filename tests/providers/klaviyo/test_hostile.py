"""What Klaviyo should never say, and a Redis that goes away between gate and wire."""

import httpx
import pytest
from redis.exceptions import ConnectionError as RedisGoneError

from saleor_stoq_app.errors import Retryable
from saleor_stoq_app.http import Client
from saleor_stoq_app.providers.base import Accepted, Batch, Connection, Tools
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo.client import MOST_PAGES
from saleor_stoq_app.providers.klaviyo.errors import scrub
from saleor_stoq_app.providers.klaviyo.limits import policy
from saleor_stoq_app.providers.klaviyo.provider import BULK, SINGLE
from tests.providers.klaviyo.wire import refusal
from tests.providers.messages import alert, permission, sent


@pytest.mark.parametrize("word", ["a\x00b", "a\x1b[31mb", "a\nb"])
def test_no_control_character_survives_in_words(word):
    assert scrub(word).isprintable()  # PostgreSQL stores no NUL: such a reason could never be settled


async def test_what_a_header_says_is_scrubbed_too(klaviyo, wire):
    header = {"X-Klaviyo-Partial-Failure": f"phone_number {alert(1).recipient.phone}"}
    wire.answer(httpx.Response(202, headers=header))

    results = await klaviyo.send(Batch(SINGLE, 1), [alert(1)])

    assert alert(1).recipient.phone not in results[alert(1).key].message


@pytest.mark.parametrize("said", ["1;w=999999999", "5;w=86401"])
def test_a_window_that_would_never_end_is_no_window(said):
    assert policy(said) == ()


async def test_pages_that_lead_in_a_circle_end(klaviyo, wire, clock):
    turns = iter(["b", "a"] * MOST_PAGES)

    def again(_: httpx.Request) -> httpx.Response:
        link = f"https://elsewhere.example/api/metrics?page%5Bcursor%5D={next(turns)}"
        return httpx.Response(200, json={"data": [], "links": {"next": link}})

    wire.instead("GET /api/metrics", again)
    with pytest.raises(Retryable, match="no end"):
        await klaviyo.read_back(alert(1).stage, [sent(alert(1), clock.now())])

    assert {request.url.host for request in wire.requests} == {"a.klaviyo.com"}


class Failing:
    """A limiter whose Redis goes away after some scripts."""
