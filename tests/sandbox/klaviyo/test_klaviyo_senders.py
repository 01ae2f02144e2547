"""Whether an account can text at all: its SMS configuration and its senders."""

import pytest
from openapi_client.models.get_text_messaging_configuration_response import (
    GetTextMessagingConfigurationResponse,
)
from openapi_client.models.text_messaging_sender_response_object_resource import (
    TextMessagingSenderResponseObjectResource,
)

from tests.sandbox.klaviyo.apps import add_app
from tests.sandbox.klaviyo.calls import METRIC, PHONE, problem

CONFIGURATION = "/api/text-messaging-configurations/{}"
SENDERS = "/api/text-messaging-senders"


@pytest.fixture(autouse=True)
def newest_revision(caller, klaviyo):
    klaviyo.limits = None
    caller.headers["revision"] = "2026-10-15"


async def test_an_account_that_texts_says_so_in_the_words_of_the_official_client(caller, klaviyo):
    answer = await caller.get(CONFIGURATION.format(klaviyo.account.id))
    assert answer.status_code == 200
    GetTextMessagingConfigurationResponse.model_validate(answer.json(), extra="forbid")
    shown = answer.json()["data"]
    assert (shown["id"], shown["attributes"]["status"]) == (klaviyo.account.id, "active")


async def test_senders_come_in_pages_in_the_words_of_the_official_client(caller, klaviyo):
    first = (await caller.get(SENDERS)).json()
    assert len(first["data"]) == 10
    assert first["links"]["next"]
    found = await caller.all(SENDERS, **{"page[size]": "20"})
    countries = {one["attributes"]["sender_details"]["country"] for one in found}
    assert countries == klaviyo.account.sends_to
    for one in found:
        TextMessagingSenderResponseObjectResource.model_validate(one, extra="forbid")
    assert (await caller.get(SENDERS, **{"page[size]": "21"})).status_code == 400


async def test_an_account_without_sms_has_neither(caller, klaviyo):
    klaviyo.set_text_messaging(None)
    assert (await caller.get(CONFIGURATION.format(klaviyo.account.id))).status_code == 404
    assert await caller.all(SENDERS) == []
    assert klaviyo.account.sends_to == frozenset()


async def test_another_accounts_configuration_is_not_shown(caller, klaviyo):
    other = klaviyo.add_account("Other Shop")
    assert (await caller.get(CONFIGURATION.format(other.id))).status_code == 404


async def test_a_sender_that_is_not_registered_yet_reaches_nobody(caller, klaviyo):
    klaviyo.account.sends_to = frozenset(("GB",))
    klaviyo.add_sender("US", "pending_registration")
    shown = {
        one["attributes"]["sender_details"]["country"]: one["attributes"] for one in await caller.all(SENDERS)
    }
    assert (shown["US"]["status"], shown["US"]["sender_identifier"]) == ("pending_registration", None)
    assert (shown["GB"]["sender_type"], shown["GB"]["sender_identifier"]) == ("alpha", "SANDBOX")
    assert klaviyo.account.sends_to == {"GB"}


@pytest.mark.parametrize(
    ("status", "reason"), [("disabled", "Unable to Send SMS"), (None, "No Sending Number")]
)
async def test_a_live_flow_without_sms_skips_and_says_why(caller, klaviyo, clock, phones, status, reason):
    klaviyo.add_flow(METRIC)
    klaviyo.opt_in(PHONE)
    klaviyo.set_text_messaging(status)
    await caller.event()
    clock.advance(1)
    assert [skip.reason for skip in klaviyo.skips] == [reason]
    assert phones.total() == 0


@pytest.mark.parametrize("path", [CONFIGURATION, SENDERS])
async def test_the_revision_before_does_not_know_them(caller, klaviyo, path):
    answer = await caller.get(path.format(klaviyo.account.id), headers={"revision": "2026-07-15"})
    assert answer.status_code == 404


@pytest.mark.parametrize("path", [CONFIGURATION, SENDERS])
async def test_the_scope_is_optional_and_named_when_it_is_missing(caller, klaviyo, path):
    app = add_app(klaviyo)
    caller.speak_with(klaviyo.install(app, scopes=app.scopes - {"sender-config:read"}).access)
    answer = await caller.get(path.format(klaviyo.account.id))
    assert answer.status_code == 403
    assert "sender-config:read" in problem(answer)["detail"]
