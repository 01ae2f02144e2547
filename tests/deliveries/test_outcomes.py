"""Law 6 as rules: from what a provider or a check said to what the ledger keeps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.deliveries import outcomes
from saleor_stoq_app.deliveries.checks import Later, Stop
from saleor_stoq_app.deliveries.ledger import OPEN, Claimed, State
from saleor_stoq_app.errors import NeedsMerchant, Rejected, Retryable, Unknown
from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.base import Accepted, HandedOver

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FIRST = Claimed("alert:a:r", "a", "r", AlertType.BACK_IN_STOCK, None, None, 0, None, NOW, "klaviyo")
AGAIN = replace(FIRST, endpoint="bulk", generation=1, attempts=1, called_at=NOW)


def settled(result, claimed=FIRST, *, deduplicates=True):
    return outcomes.of_result(claimed, result, NOW, deduplicates=deduplicates)


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (Accepted(), State.ACCEPTED),
        (HandedOver(60), State.HANDED_OVER),
        (Retryable("later"), State.DUE),
        (NeedsMerchant("mend"), State.PARKED),
        (Rejected("no"), State.REJECTED),
        (Unknown("perhaps"), State.DUE),
    ],
)
def test_each_outcome_has_its_state_and_keeps_the_reason(result, state):
    settlement = settled(result)
    assert settlement.state is state
    assert settlement.reason == getattr(result, "message", "")
    assert (settlement.values()["settled_at"] is None) == (state in OPEN)


def test_an_unknown_outcome_is_repeated_only_where_a_repeat_tells_nobody_twice():
    assert settled(Unknown("perhaps"), deduplicates=False).state is State.UNKNOWN
    assert settled(Unknown("perhaps")).due_at > NOW


def test_what_was_handed_over_is_due_when_it_can_be_read_back():
    assert settled(HandedOver(60)).due_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("result", [Retryable("later"), NeedsMerchant("mend")])
def test_a_first_attempt_that_was_surely_not_made_stays_a_first_attempt(result):
    assert settled(result).values().items() >= {"endpoint": None, "called_at": None}.items()
    assert "endpoint" not in settled(result, AGAIN).values()


@pytest.mark.parametrize("result", [Accepted(), HandedOver(1), Unknown("perhaps"), Rejected("no")])
def test_a_call_that_may_have_been_made_is_remembered(result):
    assert "endpoint" not in settled(result).values()


def test_a_provider_that_asks_for_more_time_gets_it():
    assert settled(Retryable("later", after=90)).due_at == NOW + timedelta(seconds=90)
    assert settled(Retryable("later", after=1)).due_at == NOW + timedelta(seconds=5)


def test_waits_double_with_each_call_up_to_ten_minutes():
    assert [outcomes.back_off(calls) for calls in range(9)] == [5, 10, 20, 40, 80, 160, 320, 600, 600]


@given(calls=st.integers(0, 10_000))
def test_a_wait_is_never_none_and_never_endless(calls):
    assert 5 <= outcomes.back_off(calls) <= 600


def test_an_answer_that_is_no_outcome_is_an_error_of_ours():
    with pytest.raises(TypeError):
        settled(object())


def test_a_check_that_says_later_makes_no_call_of_it():
    settlement = outcomes.of_verdict(FIRST, Later(20, "silent"), NOW)
    assert (settlement.state, settlement.due_at) == (State.DUE, NOW + timedelta(seconds=20))
    assert settlement.forget_call
    assert not outcomes.of_verdict(AGAIN, Later(20, "silent"), NOW).forget_call


def test_a_check_that_says_stop_says_how_it_ends():
    settlement = outcomes.of_verdict(AGAIN, Stop(State.EXPIRED, "too old"), NOW)
    assert (settlement.state, settlement.reason, settlement.due_at) == (State.EXPIRED, "too old", None)


def test_what_was_marked_without_a_call_is_due_at_once():
    settlement = outcomes.of_no_call(FIRST, NOW)
    assert (settlement.state, settlement.due_at, settlement.forget_call) == (State.DUE, NOW, True)
    assert not outcomes.of_no_call(AGAIN, NOW).forget_call


def test_keys_that_share_a_settlement_are_written_together():
    same = {key: settled(Accepted()) for key in "abc"} | {"d": settled(Rejected("no"))}
    assert list(outcomes.grouped(same).values()) == [["a", "b", "c"], ["d"]]
