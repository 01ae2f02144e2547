"""Permissions through the double: they come late, and end when the shopper says so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from saleor_stoq_app.errors import Rejected, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, HandedOver
from tests.providers.klaviyo.sandbox.handing import hand_over
from tests.providers.messages import alert, permission, phone, sent


@pytest.mark.parametrize("age", [timedelta(), timedelta(days=30)])
async def test_a_permission_arrives_and_only_then_is_a_text_sent(klaviyo, sandbox, phones, clock, age):
    message = permission(1, clock.now() - age)
    handed = sent(message, clock.now())

    results = await hand_over(klaviyo, clock, [message])
    early = await klaviyo.read_back(Stage.CONSENT, [handed])
    clock.advance(240)
    late = await klaviyo.read_back(Stage.CONSENT, [handed])
    await hand_over(klaviyo, clock, [alert(1)])
    clock.advance(60)
    sandbox.settle()

    assert results[message.key] == HandedOver(60)
    assert early[message.key] == HandedOver(60)
    assert late[message.key] == Accepted()
    assert len(phones.inbox(phone(1))) == 1
    assert "title_incl_variant 1" in phones.inbox(phone(1))[0].body


async def test_a_stop_at_klaviyo_outlasts_every_repeat(klaviyo, sandbox, clock):
    message = permission(1, clock.now())
    await hand_over(klaviyo, clock, [message])
    clock.advance(240)
    sandbox.settle()
    sandbox.reply(phone(1), "STOP")
    clock.advance(10)

    results = await hand_over(klaviyo, clock, [message], repeat=True)
    clock.advance(600)
    proof = await klaviyo.read_back(Stage.CONSENT, [sent(message, clock.now() - timedelta(minutes=14))])

    assert results[message.key].message == "unsubscribed at Klaviyo"
    assert proof[message.key].message == "unsubscribed at Klaviyo"


async def test_a_back_fill_of_hundreds_is_recorded(klaviyo, sandbox, clock):
    messages = [permission(number, clock.now() - timedelta(days=9)) for number in range(230)]
    handed = [sent(message, clock.now()) for message in messages]

    results = await hand_over(klaviyo, clock, messages)
    clock.advance(300)
    proof = await klaviyo.read_back(Stage.CONSENT, handed)

    assert set(results.values()) == {HandedOver(60)}
    assert set(proof.values()) == {Accepted()}
    assert sandbox.calls["POST /api/profile-subscription-bulk-create-jobs"] == 3


async def test_a_country_that_klaviyo_cannot_text_ends_alone(klaviyo, clock):
    messages = [permission(number, clock.now()) for number in range(3)]
    messages[1] = replace(messages[1], recipient=replace(messages[1].recipient, phone="+81312345678"))

    results = await hand_over(klaviyo, clock, messages)
    unknown = [message for message in messages if isinstance(results[message.key], Unknown)]
    again = await hand_over(klaviyo, clock, unknown, repeat=True)

    assert isinstance(results[messages[1].key], Rejected)
    assert set(again.values()) == {HandedOver(60)}
    assert len(again) == 2
