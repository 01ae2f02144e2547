"""What Klaviyo can do, what each way of setting it up needs, and what a missing scope costs."""

import pytest

from saleor_stoq_app.events import AlertType, Medium
from saleor_stoq_app.providers.base import SetupMethod
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo import operations as op
from tests.providers.klaviyo.grants import by_api_key, by_oauth

ALL = frozenset(SPEC.scopes)
AUTOMATIC, MANUAL = SPEC.setups[SetupMethod.AUTOMATIC], SPEC.setups[SetupMethod.MANUAL]


def test_klaviyo_can_be_chosen_for_texts_of_both_alert_types():
    """R12."""
    assert SPEC.unavailable == ""
    assert SPEC.alert_types == set(AlertType)
    assert SPEC.media == {Medium.SMS}
    assert SPEC.creates_flows


def test_both_ways_of_setting_up_are_there():
    """R26."""
    assert list(SPEC.setups) == [SetupMethod.AUTOMATIC, SetupMethod.MANUAL]


def test_a_full_grant_lacks_nothing():
    connection = by_oauth(ALL)

    assert (AUTOMATIC.unmet(connection), MANUAL.unmet(connection)) == ("", "")
    assert SPEC.costs_of(connection) == {}


@pytest.mark.parametrize("scope", ["flows:read", "flows:write"])
def test_automatic_setup_says_which_scope_it_lacks(scope):
    """R94, R101."""
    connection = by_oauth(ALL - {scope})

    assert scope in AUTOMATIC.unmet(connection)
    assert list(SPEC.costs_of(connection)) == [scope]


def test_a_key_is_set_up_by_hand_only():
    """R94."""
    connection = by_api_key(ALL)

    assert "OAuth" in AUTOMATIC.unmet(connection)
    assert MANUAL.unmet(connection) == ""


def test_manual_setup_writes_no_flows():
    assert MANUAL.unmet(by_oauth(ALL - {"flows:write"})) == ""


def test_every_scope_that_a_call_of_ours_needs_is_asked_for():
    needed = {scope for each in vars(op).values() if isinstance(each, op.Operation) for scope in each.scopes}

    assert needed == ALL


def test_every_cost_is_a_sentence():
    assert all(cost.endswith(".") and cost[0].isupper() for cost in SPEC.costs.values())
    assert tuple(SPEC.costs) == SPEC.scopes
