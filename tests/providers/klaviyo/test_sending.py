"""Alerts reach Klaviyo once: in one call where many are due, alone where few are or one is repeated."""

import httpx
import pytest

from saleor_stoq_app.errors import Rejected, Retryable, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, Batch, HandedOver
from tests.providers.klaviyo.wire import refusal
from tests.providers.messages import alert

BULK = Batch("bulk", 1000)
SINGLE = Batch("single", 100)


@pytest.mark.parametrize(
    ("due", "repeat", "scopes", "batch"),
    [
        (49, False, {"events:read", "metrics:read"}, Batch("single", 49)),
        (50, False, {"events:read", "metrics:read", "flows:read"}, Batch("bulk", 50)),
        (5000, False, {"events:read", "metrics:read"}, BULK),
        (5000, True, {"events:read", "metrics:read"}, SINGLE),
        (5000, False, {"events:read"}, SINGLE),
        (5000, False, set(), SINGLE),
    ],
)
def test_many_first_attempts_that_can_be_proved_go_together(connect, due, repeat, scopes, batch):
    assert connect(frozenset(scopes)).plan(Stage.ALERT, due=due, repeat=repeat) == batch


async def test_many_alerts_are_one_call_and_are_only_handed_over(klaviyo, wire):
    results = await klaviyo.send(BULK, [alert(number) for number in range(1000)])

    assert wire.paths() == ["/api/event-bulk-create-jobs"]
    assert len(wire.told) == 1000
    assert set(results.values()) == {HandedOver(120)}


async def test_the_named_elements_of_a_refused_call_end_and_the_others_go_alone(klaviyo, wire):
    pointer = "/data/attributes/events-bulk-create/data/3/attributes/profile/data/attributes/phone_number"
    wire.answer(refusal(400, (pointer, "Invalid phone number.")))
    messages = [alert(number) for number in range(60)]

    results = await klaviyo.send(BULK, messages)

    rejected = {key: result for key, result in results.items() if isinstance(result, Rejected)}
    assert list(rejected) == [messages[3].key]
    assert "Invalid phone number." in rejected[messages[3].key].message
    assert sum(isinstance(result, Unknown) for result in results.values()) == 59


async def test_a_call_refused_as_a_whole_is_repeated_alone(klaviyo, wire):
    wire.answer(refusal(400, ("/data", "unique_id was repeated")))

    results = await klaviyo.send(BULK, [alert(number) for number in range(60)])

    assert {type(result) for result in results.values()} == {Unknown}


async def test_what_does_not_fit_into_a_call_waits_for_the_next(klaviyo, wire):
    results = await klaviyo.send(BULK, [alert(number, image_url="x" * 99_000) for number in range(90)])

    kinds = [type(result) for result in results.values()]
    assert (kinds.count(HandedOver), kinds.count(Retryable)) == (45, 45)
    assert len(wire.told) == 45


async def test_a_phone_that_klaviyo_leaves_out_is_a_rejection(klaviyo, wire):
    wire.answer(httpx.Response(202, headers={"X-Klaviyo-Partial-Failure": "phone_number"}))

    results = await klaviyo.send(SINGLE, [alert(1)])

    assert isinstance(results[alert(1).key], Rejected)
    assert "phone_number" in results[alert(1).key].message


async def test_one_bad_phone_does_not_hold_up_the_others(klaviyo, wire):
    wire.answer(refusal(400, ("/data/attributes/profile", "Invalid phone number.")))

    results = await klaviyo.send(SINGLE, [alert(number) for number in range(40)])

    kinds = [type(result) for result in results.values()]
    assert kinds.count(Accepted) == 39
    assert len(wire.told) == 39
