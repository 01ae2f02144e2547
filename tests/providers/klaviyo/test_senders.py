"""Whether texts leave an account is on, off, or honestly unknown."""

import httpx
import pytest

from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.providers.base import SmsStatus, SmsSwitch
from saleor_stoq_app.providers.klaviyo import SPEC
from tests.providers.klaviyo.flow_wire import FlowWire
from tests.providers.klaviyo.grants import OAUTH_SCOPES, by_api_key, by_oauth
from tests.providers.klaviyo.wire import html, refusal

SEEING = OAUTH_SCOPES | {"sender-config:read"}


@pytest.fixture
def wire():
    return FlowWire()


@pytest.fixture
def ask(tools, tokens):
    return lambda connection=None: SPEC.sms(tokens.into(tools), connection or by_oauth(SEEING))


def sender(status, country="US"):
    attributes = {"sender_type": "toll_free", "status": status, "sender_details": {"country": country}}
    return {"type": "text-messaging-sender", "id": f"{country}-{status}", "attributes": attributes}


async def test_an_active_number_texts_from_its_country(wire, ask):
    wire.senders = [sender("active"), sender("suspended", "CA"), sender("active", "GB")]

    assert await ask() == SmsStatus(SmsSwitch.ON, frozenset({"US", "GB"}))


async def test_a_number_on_a_later_page_counts(wire, ask):
    wire.senders = [sender("suspended")] * 25 + [sender("active", "DE")]

    assert (await ask()).countries == {"DE"}


async def test_only_this_is_asked_in_the_newer_revision(wire, ask):
    await ask()

    assert {request.headers["revision"] for request in wire.requests} == {"2026-10-15"}
    assert wire.paths() == [
        "/api/text-messaging-configurations/AbC123",
        "/api/text-messaging-senders",
    ]


async def test_without_an_active_number_no_text_leaves(wire, ask):
    wire.senders = [sender("pending_registration"), sender("suspended", "CA")]

    status = await ask()

    assert status.switch is SmsSwitch.OFF
    assert "pending registration, suspended" in status.why


@pytest.mark.parametrize(("texting", "why"), [(None, "has no SMS"), ({"status": "disabled"}, "disabled")])
async def test_an_account_without_sms_texts_nobody(wire, ask, texting, why):
    wire.texting = texting

    status = await ask()

    assert status.switch is SmsSwitch.OFF
    assert why in status.why


async def test_an_account_without_any_number_texts_nobody(wire, ask):
    status = await ask()

    assert status.switch is SmsSwitch.OFF
    assert "no sending number" in status.why


async def test_what_was_not_granted_is_not_asked(wire, ask):
    status = await ask(by_oauth())

    assert status.switch is SmsSwitch.UNKNOWN
    assert "sender-config:read" in status.why
    assert wire.requests == []


async def test_a_key_that_may_not_see_it_leaves_it_unknown(wire, ask):
    wire.answer(refusal(403))

    assert (await ask(by_api_key())).switch is SmsSwitch.UNKNOWN


@pytest.mark.parametrize(
    "answer", [refusal(429, **{"Retry-After": "60"}), refusal(503), html(), httpx.ReadTimeout]
)
async def test_a_silent_klaviyo_leaves_it_unknown(wire, ask, answer):
    wire.answer(answer)

    status = await ask()

    assert status.switch is SmsSwitch.UNKNOWN
    assert status.why


@pytest.mark.parametrize("texting", [{}, {"status": "resting"}, {"status": None}])
async def test_a_word_that_we_do_not_know_is_unknown(wire, ask, texting):
    wire.texting = texting

    assert (await ask()).switch is SmsSwitch.UNKNOWN


async def test_a_dead_connection_is_no_matter_of_senders(wire, ask):
    wire.answer(refusal(401), refusal(401))

    with pytest.raises(NeedsMerchant):
        await ask()
