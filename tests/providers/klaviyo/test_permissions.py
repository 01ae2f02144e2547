"""Permissions reach Klaviyo once, and never after the shopper left."""

from datetime import timedelta

import httpx
import pytest

from saleor_stoq_app.errors import NeedsMerchant, Rejected, Retryable, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, Batch, HandedOver
from tests.providers.klaviyo.wire import refusal
from tests.providers.messages import permission, phone, sent

TOGETHER = Batch("subscribe", 100)
ALONE = Batch("subscribe-each", 100)
SUBSCRIPTIONS = "/api/profile-subscription-bulk-create-jobs"
IMPORT = "/api/profile-import"
SUBSCRIBED = {"can_receive_sms_marketing": True, "consent": "SUBSCRIBED"}
NEVER = {"can_receive_sms_marketing": False, "consent": "NEVER_SUBSCRIBED"}


def left(moment):
    at = moment.isoformat() if moment else None
    return {"can_receive_sms_marketing": False, "consent": "UNSUBSCRIBED", "last_updated": at}


def subscribed(wire):
    return [profile["attributes"]["phone_number"] for job in wire.jobs for profile in job["profiles"]["data"]]


def test_a_first_attempt_is_one_job_and_a_repeat_one_for_each(klaviyo):
    assert klaviyo.plan(Stage.CONSENT, due=5000, repeat=False) == TOGETHER
    assert klaviyo.plan(Stage.CONSENT, due=5000, repeat=True) == ALONE


async def test_a_fresh_permission_is_a_profile_and_then_a_subscription(klaviyo, wire, clock):
    message = permission(1, clock.now() - timedelta(minutes=5))

    results = await klaviyo.send(TOGETHER, [message])

    assert results == {message.key: HandedOver(60)}
    assert wire.paths() == ["/api/profiles", IMPORT, SUBSCRIPTIONS]
    assert wire.imported == [{"phone_number": phone(1), "first_name": "Sarah", "locale": "en-US"}]
    assert wire.jobs == [
        {
            "custom_source": "STOQ back in stock",
            "historical_import": False,
            "profiles": {
                "data": [
                    {
                        "type": "profile",
                        "attributes": {
                            "phone_number": phone(1),
                            "subscriptions": {"sms": {"marketing": {"consent": "SUBSCRIBED"}}},
                        },
                    }
                ]
            },
        }
    ]


async def test_an_older_permission_is_imported_with_its_own_time(klaviyo, wire, clock):
    messages = [permission(number, clock.now() - timedelta(hours=2 + number)) for number in range(3)]

    results = await klaviyo.send(TOGETHER, messages)

    assert set(results.values()) == {HandedOver(60)}
    assert wire.imported == []
    assert wire.jobs[0]["historical_import"] is True
    times = [
        profile["attributes"]["subscriptions"]["sms"]["marketing"]["consented_at"]
        for profile in wire.jobs[0]["profiles"]["data"]
    ]
    assert times == ["2026-11-23T07:00:00+00:00", "2026-11-23T06:00:00+00:00", "2026-11-23T05:00:00+00:00"]


async def test_who_is_subscribed_already_needs_no_call(klaviyo, wire, clock):
    wire.consents[phone(1)] = SUBSCRIBED

    assert await klaviyo.send(TOGETHER, [permission(1, clock.now())]) == {permission(1, None).key: Accepted()}
    assert wire.jobs == []


@pytest.mark.parametrize("batch", [TOGETHER, ALONE])
@pytest.mark.parametrize("minutes", [1, None])
async def test_who_left_after_the_permission_is_never_subscribed_again(klaviyo, wire, clock, batch, minutes):
    given_at = clock.now() - timedelta(minutes=5)
    wire.consents[phone(1)] = left(minutes and given_at + timedelta(minutes=minutes))

    results = await klaviyo.send(batch, [permission(1, given_at)])

    assert results[permission(1, None).key].message == "unsubscribed at Klaviyo"
    assert wire.jobs == wire.imported == []


async def test_who_left_before_the_permission_is_subscribed(klaviyo, wire, clock):
    wire.consents[phone(1)] = left((clock.now() - timedelta(days=9)).replace(tzinfo=None))

    await klaviyo.send(TOGETHER, [permission(1, clock.now())])

    assert subscribed(wire) == [phone(1)]


async def test_nobody_is_subscribed_without_a_permission(klaviyo, wire):
    results = await klaviyo.send(TOGETHER, [permission(1, None)])

    assert isinstance(results[permission(1, None).key], Rejected)
    assert wire.jobs == wire.imported == []


async def test_a_person_who_waits_for_two_products_is_one_element_of_the_job(klaviyo, wire, clock):
    messages = [
        permission(1, clock.now(), who=9),
        permission(2, clock.now(), who=9),
        permission(3, clock.now()),
    ]

    results = await klaviyo.send(TOGETHER, messages)

    assert sorted(subscribed(wire)) == [phone(3), phone(9)]
    assert set(results) == {message.key for message in messages}
    assert set(results.values()) == {HandedOver(60)}


async def test_a_phone_that_cannot_be_imported_ends_and_the_others_go_on(klaviyo, wire, clock):
    wire.answer(refusal(400, ("/data/attributes/phone_number", "Invalid phone number.")), path=IMPORT)
    messages = [permission(number, clock.now()) for number in range(5)]

    results = await klaviyo.send(TOGETHER, messages)

    kinds = [type(result) for result in results.values()]
    assert sum(issubclass(kind, Rejected) for kind in kinds) == 1
    assert kinds.count(HandedOver) == len(subscribed(wire)) == 4


async def test_the_named_elements_of_a_refused_job_end_and_the_others_are_repeated_alone(
    klaviyo, wire, clock
):
    problem = (
        "/data/attributes/profiles/data/1/attributes/phone_number",
        "No sending number for this region.",
    )
    wire.answer(refusal(400, problem), path=SUBSCRIPTIONS)
    messages = [permission(number, clock.now()) for number in range(3)]

    results = await klaviyo.send(TOGETHER, messages)

    assert [type(results[message.key]) for message in messages] == [Unknown, Rejected, Unknown]
    wire.answer(refusal(400, ("/data", "No sending number for this region.")), path=SUBSCRIPTIONS)
    again = await klaviyo.send(ALONE, [messages[0], messages[2]])
    assert sorted(isinstance(result, HandedOver) for result in again.values()) == [False, True]
    assert len(subscribed(wire)) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(403), NeedsMerchant),
        (refusal(429), Retryable),
        (refusal(503), Unknown),
        (httpx.ReadError, Unknown),
    ],
)
async def test_a_job_without_an_answer_is_the_same_for_all(klaviyo, wire, clock, answer, error):
    wire.answer(answer, path=SUBSCRIPTIONS)

    results = await klaviyo.send(TOGETHER, [permission(number, clock.now()) for number in range(3)])

    assert len(results) == 3
    assert all(isinstance(result, error) for result in results.values())


async def test_a_silent_klaviyo_subscribes_nobody(klaviyo, wire, clock):
    wire.answer(refusal(500), path="/api/profiles")

    with pytest.raises(Retryable):
        await klaviyo.send(TOGETHER, [permission(1, clock.now())])
    assert wire.jobs == []


@pytest.mark.parametrize(
    ("minutes", "marketing", "said"),
    [
        (2, SUBSCRIBED, "Accepted"),
        (2, NEVER, "HandedOver"),
        (29, None, "HandedOver"),
        (31, NEVER, "no consent at Klaviyo"),
        (31, None, "no consent at Klaviyo"),
        (45, SUBSCRIBED, "Accepted"),
    ],
)
async def test_a_permission_is_awaited_for_half_an_hour(klaviyo, wire, clock, minutes, marketing, said):
    if marketing:
        wire.consents[phone(1)] = marketing
    one = sent(permission(1, clock.now()), clock.now())
    clock.advance(60 * minutes)

    result = (await klaviyo.read_back(Stage.CONSENT, [one]))[one.key]

    assert getattr(result, "message", type(result).__name__) == said


async def test_leaving_while_a_permission_is_awaited_ends_it(klaviyo, wire, clock):
    one = sent(permission(1, clock.now()), clock.now())
    two = sent(permission(2, clock.now()), clock.now())
    wire.consents[phone(1)] = left(clock.now() + timedelta(seconds=30))
    wire.consents[phone(2)] = left(clock.now() - timedelta(days=3))
    clock.advance(60)

    results = await klaviyo.read_back(Stage.CONSENT, [one, two])

    assert results[one.key].message == "unsubscribed at Klaviyo"
    assert results[two.key] == HandedOver(60)


async def test_many_phones_are_read_a_hundred_at_a_time(klaviyo, wire, clock):
    wire.consents = {phone(number): SUBSCRIBED for number in range(250)}
    waiting = [sent(permission(number, clock.now()), clock.now()) for number in range(250)]

    results = await klaviyo.read_back(Stage.CONSENT, waiting)

    assert set(results.values()) == {Accepted()}
    assert len(results) == 250
