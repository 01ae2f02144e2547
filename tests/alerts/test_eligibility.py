"""Law 8 as rules: who may still hear, and who waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from saleor_stoq_app.alerts.eligibility import (
    CONSENT_LIMIT,
    NOT_NOW,
    SILENT,
    SOLD_OUT,
    Asked,
    unconsented,
    unsellable,
    untimely,
    unwanted,
)
from saleor_stoq_app.deliveries.checks import Later, Stop
from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.settings.models import BackInStockRules
from tests.saleor.nodes import SELLABLE

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = BackInStockRules()
FINE = Asked(
    told_key="alert:a:r",
    signup_id="a",
    variant_id="v",
    channel="c",
    contact="sealed",
    language="en",
    country="US",
    closed_because=None,
    suppressed=False,
    restock_open=True,
    restock_opened_at=NOW,
    consent_state=State.ACCEPTED,
    consent_generation=2,
    consent_called_at=NOW,
    consent_reason="",
)


def test_nothing_speaks_against_an_alert_in_time_with_consent():
    assert unwanted(FINE) is None
    assert untimely(FINE, RULES, NOW) is None
    assert unconsented(FINE, 2, NOW) is None


@pytest.mark.parametrize("change", [{"closed_because": "unsubscribed"}, {"suppressed": True}])
def test_who_does_not_want_it_is_not_told(change):
    assert unwanted(replace(FINE, **change)).state is State.CANCELLED


@pytest.mark.parametrize("change", [{"restock_open": False}, {"restock_opened_at": None}])
def test_a_restock_that_is_over_sends_its_shoppers_back_to_waiting(change):
    assert untimely(replace(FINE, **change), RULES, NOW) is SOLD_OUT


@pytest.mark.parametrize(("hours", "state"), [(48, None), (48.01, State.EXPIRED), (100, State.EXPIRED)])
def test_a_restock_older_than_the_maximum_age_is_not_told(hours, state):
    stop = untimely(FINE, RULES, NOW + timedelta(hours=hours))
    assert (stop and stop.state) is state


@pytest.mark.parametrize("state", [None, State.DUE, State.HANDED_OVER, State.PARKED])
@pytest.mark.parametrize("generation", [None, 1, 2])
def test_a_consent_under_way_is_waited_for(state, generation):
    asked = replace(FINE, consent_state=state, consent_generation=generation, consent_called_at=None)
    assert isinstance(unconsented(asked, 2, NOW + timedelta(hours=40)), Later)


def test_a_consent_that_only_another_account_holds_is_waited_for():
    for state in State:
        asked = replace(FINE, consent_state=state, consent_generation=1)
        assert isinstance(unconsented(asked, 2, NOW), Later)


@pytest.mark.parametrize("state", [State.REJECTED, State.UNKNOWN, State.CANCELLED, State.EXPIRED])
def test_without_consent_the_alert_ends_with_the_providers_reason(state):
    refused = replace(FINE, consent_state=state, consent_reason="unsubscribed at Klaviyo")
    assert unconsented(refused, 2, NOW) == Stop(State.REJECTED, "unsubscribed at Klaviyo")
    assert unconsented(replace(refused, consent_reason=""), 2, NOW).reason == "No consent at the provider."


def test_a_provider_that_never_confirms_is_waited_for_until_a_limit_after_it_was_asked():
    asked = replace(FINE, consent_state=State.HANDED_OVER)
    assert isinstance(unconsented(asked, 2, NOW + CONSENT_LIMIT), Later)
    assert unconsented(asked, 2, NOW + CONSENT_LIMIT + timedelta(seconds=1)).state is State.REJECTED


def test_no_answer_is_not_a_yes():
    assert unsellable(None, is_sellable=False) is SILENT
    assert unsellable(SELLABLE, is_sellable=False) is NOT_NOW
    assert unsellable(SELLABLE, is_sellable=True) is None
