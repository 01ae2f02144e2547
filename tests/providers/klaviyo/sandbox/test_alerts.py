"""Alerts through the double: what people and phones see in the end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from saleor_stoq_app.errors import NeedsMerchant, Rejected, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, HandedOver
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.sandbox.klaviyo import drop, html, throttle
from tests.providers.klaviyo.sandbox.handing import METRIC, hand_over, told_once
from tests.providers.messages import alert, phone, sent

BULK, SINGLE = "POST /api/event-bulk-create-jobs", "POST /api/events"


async def test_many_alerts_are_handed_over_proved_and_texted_once(klaviyo, sandbox, phones, clock):
    messages = [alert(number) for number in range(120)]
    for number in range(120):
        sandbox.opt_in(phone(number))
    called_at = clock.now()

    results = await hand_over(klaviyo, clock, messages)
    clock.advance(300)
    proof = await klaviyo.read_back(Stage.ALERT, [sent(message, called_at) for message in messages])

    assert set(results.values()) == {HandedOver(120)}
    assert set(proof.values()) == {Accepted()}
    assert told_once(sandbox, clock, messages)
    assert dict(phones.counts()) == {phone(number): 1 for number in range(120)}


async def test_a_metric_that_is_new_is_awaited(connect, sandbox, clock):
    klaviyo = await connect(sandbox.add_key(account=sandbox.add_account("Without events")))
    messages = [alert(number) for number in range(50)]
    handed = [sent(message, clock.now()) for message in messages]
    await hand_over(klaviyo, clock, messages)

    early = await klaviyo.read_back(Stage.ALERT, handed)
    clock.advance(540)
    late = await klaviyo.read_back(Stage.ALERT, handed)

    assert {type(result) for result in early.values()} == {HandedOver}
    assert set(late.values()) == {Accepted()}


async def test_a_batch_that_klaviyo_swallowed_is_told_by_the_repeat(klaviyo, sandbox, clock):
    sandbox.swallow_bulk()
    messages = [alert(number) for number in range(60)]
    handed = [sent(message, clock.now()) for message in messages]
    await hand_over(klaviyo, clock, messages)
    assert sandbox.events(METRIC) == []
    clock.advance(601)

    proof = await klaviyo.read_back(Stage.ALERT, handed)
    results = await hand_over(klaviyo, clock, messages, repeat=True)

    assert {type(result) for result in proof.values()} == {Unknown}
    assert set(results.values()) == {Accepted()}
    assert told_once(sandbox, clock, messages)


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("number", [40, 60])
async def test_an_answer_that_got_lost_doubles_nothing(klaviyo, sandbox, clock, acts, number):
    messages = [alert(n) for n in range(number)]
    sandbox.fail(BULK, drop(acts=acts))
    sandbox.fail(SINGLE, drop(acts=acts), times=5)

    results = await hand_over(klaviyo, clock, messages)
    unknown = [message for message in messages if isinstance(results[message.key], Unknown)]
    again = await hand_over(klaviyo, clock, unknown, repeat=True)
    still = [message for message in unknown if isinstance(again[message.key], Unknown)]
    await hand_over(klaviyo, clock, still, repeat=True)

    assert len(unknown) == (5 if number == 40 else 60)
    assert told_once(sandbox, clock, messages)


async def test_a_page_of_klaviyos_edge_is_unknown_and_doubles_nothing(klaviyo, sandbox, clock):
    sandbox.fail(BULK, html(503))
    messages = [alert(number) for number in range(60)]

    results = await hand_over(klaviyo, clock, messages)
    await hand_over(klaviyo, clock, messages, repeat=True)

    assert {type(result) for result in results.values()} == {Unknown}
    assert told_once(sandbox, clock, messages)


async def test_an_event_that_klaviyo_already_has_spoils_a_batch_but_nobody_is_lost(klaviyo, sandbox, clock):
    messages = [alert(number) for number in range(60)]
    await hand_over(klaviyo, clock, messages[:1])
    clock.advance(5)

    results = await hand_over(klaviyo, clock, messages)
    again = await hand_over(klaviyo, clock, messages, repeat=True)

    assert {type(result) for result in results.values()} == {Unknown}
    assert set(again.values()) == {Accepted()}
    assert told_once(sandbox, clock, messages)


async def test_bad_phones_end_and_all_others_are_told(klaviyo, sandbox, clock):
    messages = [alert(number) for number in range(60)]
    for number in (3, 44):
        messages[number] = replace(
            messages[number], recipient=replace(messages[3].recipient, phone="+1212555")
        )

    results = await hand_over(klaviyo, clock, messages)
    unknown = [message for message in messages if isinstance(results[message.key], Unknown)]
    await hand_over(klaviyo, clock, unknown, repeat=True)

    assert [n for n in range(60) if isinstance(results[messages[n].key], Rejected)] == [3, 44]
    assert told_once(sandbox, clock, unknown)
    assert len(unknown) == 58


async def test_bulk_calls_fill_klaviyos_windows_and_never_exceed_them(klaviyo, sandbox, clock):
    began = clock.now()
    calls = 0
    while calls < 100:
        batch = klaviyo.plan(Stage.ALERT, due=50, repeat=False)
        if wait := await klaviyo.pace(batch):
            await clock.sleep(wait)
            continue
        await klaviyo.send(batch, [alert(calls * 50 + number) for number in range(50)])
        calls += 1

    assert sandbox.answers[BULK, 202] == 100
    assert sandbox.answers[BULK, 429] == 0
    assert clock.now() - began < timedelta(seconds=9.5)


async def test_single_calls_stay_within_klaviyos_windows(klaviyo, sandbox, clock):
    messages = [alert(number) for number in range(800)]
    began = clock.now()

    results = await hand_over(klaviyo, clock, messages, repeat=True)

    assert set(results.values()) == {Accepted()}
    assert sandbox.answers[SINGLE, 202] == 800
    assert sandbox.answers[SINGLE, 429] == 0
    assert clock.now() - began < timedelta(seconds=3)


async def test_a_wait_that_klaviyo_asks_for_is_kept(klaviyo, sandbox, clock):
    sandbox.fail(BULK, throttle(after=7))
    messages = [alert(number) for number in range(50)]
    batch = klaviyo.plan(Stage.ALERT, due=50, repeat=False)
    await hand_over(klaviyo, clock, messages)

    assert await klaviyo.pace(batch) == pytest.approx(7)
    await clock.sleep(7)
    await hand_over(klaviyo, clock, messages)
    assert told_once(sandbox, clock, messages)


async def test_a_short_pause_is_waited_out_within_the_call(klaviyo, sandbox, clock):
    sandbox.fail(BULK, throttle(after=2), times=2)
    messages = [alert(number) for number in range(50)]
    began = clock.now()

    results = await hand_over(klaviyo, clock, messages)

    assert set(results.values()) == {HandedOver(120)}
    assert clock.now() - began == timedelta(seconds=4)
    assert told_once(sandbox, clock, messages)


async def test_reading_back_reads_little_more_than_what_is_asked_for(klaviyo, sandbox, clock):
    messages = [alert(number) for number in range(8000)]
    called = {}
    for start in range(0, 8000, 500):
        group = messages[start : start + 500]
        called |= {message.key: clock.now() for message in group}
        await hand_over(klaviyo, clock, group)
        clock.advance(3)
    clock.advance(200)

    proof = await klaviyo.read_back(Stage.ALERT, [sent(m, called[m.key]) for m in messages[6000:7000]])

    assert set(proof.values()) == {Accepted()}
    assert sandbox.calls["GET /api/events"] <= 1 + 2


async def test_a_key_tells_its_account_and_what_it_may_read(tools, sandbox, clock):
    account = await SPEC.probe(tools, sandbox.api_key)
    clock.advance(2)
    narrow = await SPEC.probe(tools, sandbox.add_key(scopes={"accounts:read", "events:write"}))

    assert (account.id, account.name) == (sandbox.account.id, "Sandbox Shop")
    assert {"events:read", "events:write", "metrics:read", "flows:write"} <= account.scopes
    assert narrow.scopes == {"accounts:read"}


async def test_a_key_that_was_revoked_or_may_not_write_waits_for_the_merchant(connect, sandbox, tools, clock):
    read_only = await connect(sandbox.add_key(scopes={"accounts:read", "events:read", "metrics:read"}))
    revoked_key = sandbox.add_key()
    revoked = await connect(revoked_key)
    sandbox.revoke(revoked_key)

    forbidden = (await hand_over(read_only, clock, [alert(1)]))[alert(1).key]
    refused = (await hand_over(revoked, clock, [alert(1)]))[alert(1).key]

    assert isinstance(forbidden, NeedsMerchant)
    assert "events:write" in forbidden.message
    assert isinstance(refused, NeedsMerchant)
    with pytest.raises(NeedsMerchant):
        await connect(revoked_key)
