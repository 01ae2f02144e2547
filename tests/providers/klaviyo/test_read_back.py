"""Reading back finds what Klaviyo has, asks for little, and never takes another metric for ours."""

import re
from datetime import timedelta

import httpx
import pytest

from saleor_stoq_app.errors import Retryable, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, Batch, HandedOver
from saleor_stoq_app.providers.klaviyo.events import METRICS
from tests.providers.klaviyo.wire import METRIC_ID, PAGE, refusal
from tests.providers.messages import alert, sent

BULK = Batch("bulk", 1000)
SINGLE = Batch("single", 100)
METRIC = next(iter(METRICS.values()))


@pytest.fixture
async def handed(klaviyo, clock):
    """Sixty alerts that Klaviyo has, handed over two minutes ago."""
    messages = [alert(number) for number in range(60)]
    called_at = clock.now() + timedelta(milliseconds=250)
    await klaviyo.send(BULK, messages)
    clock.advance(120)
    return [sent(message, called_at) for message in messages]


def asked(wire, path):
    return [request for request in wire.requests if request.method == "GET" and request.url.path == path]


async def test_only_the_time_in_question_is_asked_for(klaviyo, wire, handed):
    await klaviyo.read_back(Stage.ALERT, handed)

    assert asked(wire, "/api/events")[0].url.params["filter"] == (
        f'equals(metric_id,"{METRIC_ID}"),greater-or-equal(datetime,2026-11-23T09:00:00Z),'
        "less-or-equal(datetime,2026-11-23T09:01:00Z)"
    )


async def test_the_time_between_two_restocks_is_not_asked_for(klaviyo, wire, clock, handed):
    clock.advance(3600)
    later = sent(alert(70), clock.now())
    await klaviyo.send(SINGLE, [alert(70)])
    clock.advance(120)

    proof = await klaviyo.read_back(Stage.ALERT, [later, *handed[:2]])

    assert set(proof.values()) == {Accepted()}
    times = [re.findall(r"2026[^)]+", request.url.params["filter"]) for request in asked(wire, "/api/events")]
    assert times == [
        ["2026-11-23T09:00:00Z", "2026-11-23T09:01:00Z"],
        ["2026-11-23T10:02:00Z", "2026-11-23T10:03:00Z"],
    ]


async def test_no_bound_lies_in_the_future(klaviyo, wire, clock, handed):
    await klaviyo.read_back(Stage.ALERT, [sent(alert(1), clock.now())])

    assert (
        "less-or-equal(datetime,2026-11-23T09:02:00Z)" in asked(wire, "/api/events")[0].url.params["filter"]
    )


async def test_all_pages_are_read_until_everything_is_found(klaviyo, wire, handed):
    proof = await klaviyo.read_back(Stage.ALERT, handed)

    assert set(proof.values()) == {Accepted()}
    assert len(asked(wire, "/api/events")) == 60 / PAGE


async def test_reading_stops_as_soon_as_everything_is_found(klaviyo, wire, handed):
    proof = await klaviyo.read_back(Stage.ALERT, handed[:PAGE])

    assert set(proof.values()) == {Accepted()}
    assert len(asked(wire, "/api/events")) == 1


async def test_the_metric_is_looked_up_once(klaviyo, wire, handed):
    await klaviyo.read_back(Stage.ALERT, handed)
    await klaviyo.read_back(Stage.ALERT, handed)

    assert len(asked(wire, "/api/metrics")) == 1


async def test_a_metric_of_another_integration_is_not_ours(klaviyo, wire, handed):
    wire.metrics.clear()
    wire.list_metric(METRIC, "STOQ", "Other1")
    wire.list_metric(METRIC.lower(), "API", "Other2")

    proof = await klaviyo.read_back(Stage.ALERT, handed)

    assert set(proof.values()) == {HandedOver(60)}
    assert asked(wire, "/api/events") == []


async def test_a_metric_on_a_later_page_is_found(klaviyo, wire, handed):
    wire.metrics[:0] = [
        {"type": "metric", "id": f"M{n}", "attributes": {"name": f"M{n}", "integration": {"name": "API"}}}
        for n in range(PAGE * 2)
    ]

    assert set((await klaviyo.read_back(Stage.ALERT, handed)).values()) == {Accepted()}
    assert len(asked(wire, "/api/metrics")) == 3


async def test_a_metric_that_never_appears_means_that_nothing_arrived(klaviyo, wire, clock, handed):
    wire.metrics.clear()
    clock.advance(481)

    proof = await klaviyo.read_back(Stage.ALERT, handed)

    assert {type(result) for result in proof.values()} == {Unknown}


async def test_a_metric_that_was_deleted_is_looked_up_again(klaviyo, wire, handed):
    await klaviyo.read_back(Stage.ALERT, handed[:1])
    wire.answer(refusal(404), path="/api/events")
    with pytest.raises(Retryable):
        await klaviyo.read_back(Stage.ALERT, handed)

    assert set((await klaviyo.read_back(Stage.ALERT, handed)).values()) == {Accepted()}
    assert len(asked(wire, "/api/metrics")) == 2


async def test_a_metric_that_shows_nothing_any_more_is_looked_up_again(klaviyo, wire, handed):
    await klaviyo.read_back(Stage.ALERT, handed[:1])
    wire.metrics[0]["id"] = "Again1"
    del wire.events[handed[0].key]

    assert set((await klaviyo.read_back(Stage.ALERT, handed[:1])).values()) == {HandedOver(60)}
    await klaviyo.read_back(Stage.ALERT, handed[:1])

    assert "Again1" in asked(wire, "/api/events")[-1].url.params["filter"]


async def test_a_silent_klaviyo_proves_nothing(klaviyo, wire, handed):
    wire.answer(httpx.ReadTimeout, path="/api/events")

    with pytest.raises(Retryable):
        await klaviyo.read_back(Stage.ALERT, handed)


async def test_each_missing_event_is_judged_by_its_own_age(klaviyo, wire, clock, handed):
    del wire.events[handed[3].key]
    del wire.events[handed[4].key]
    clock.advance(479.75)
    old, young = handed[3], sent(alert(4), clock.now() - timedelta(minutes=9))

    async def kinds():
        proof = await klaviyo.read_back(Stage.ALERT, [old, young, handed[5]])
        return [type(proof[each.key]) for each in (old, young, handed[5])]

    assert await kinds() == [HandedOver, HandedOver, Accepted]
    clock.advance(1)
    assert await kinds() == [Unknown, HandedOver, Accepted]
