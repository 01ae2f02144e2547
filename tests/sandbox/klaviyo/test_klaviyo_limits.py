"""Fixed windows per account and operation, and the headers that tell of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.sandbox.klaviyo.limits import Limits, Window
from saleor_stoq_app.sandbox.klaviyo.refusals import Refused
from tests.sandbox.klaviyo.calls import problem


async def test_the_burst_of_a_second_is_kept(caller, clock):
    assert (await caller.get("/api/accounts")).status_code == 200
    refused = await caller.get("/api/accounts")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert "ratelimit-limit" not in refused.headers
    assert problem(refused)["detail"] == "Request was throttled. Expected available in 1 second."
    clock.advance(1)
    assert (await caller.get("/api/accounts")).status_code == 200


async def test_the_headers_are_those_recorded(caller):
    answer = await caller.event()
    assert answer.headers["ratelimit-limit"] == "350, 350;w=1, 3500;w=60"
    assert answer.headers["ratelimit-remaining"] == "349"
    assert answer.headers["ratelimit-reset"] == "0"
    assert "retry-after" not in answer.headers


async def test_the_minute_is_kept_from_its_first_request(caller, clock):
    for _ in range(15):
        assert (await caller.get("/api/accounts")).status_code == 200
        clock.advance(1)
    refused = await caller.get("/api/accounts")
    assert refused.headers["retry-after"] == "45"
    clock.advance(44.5)
    assert (await caller.get("/api/accounts")).headers["retry-after"] == "1"
    clock.advance(0.5)
    assert (await caller.get("/api/accounts")).status_code == 200


async def test_operations_and_accounts_are_counted_apart(caller, klaviyo):
    other = klaviyo.add_key(account=klaviyo.add_account("Other Shop"))
    same = klaviyo.add_key()
    assert (await caller.get("/api/accounts")).status_code == 200
    assert (await caller.get("/api/metrics")).status_code == 200
    for key, status in ((other, 200), (same, 429)):
        answer = await caller.get("/api/accounts", headers={"authorization": f"Klaviyo-API-Key {key}"})
        assert answer.status_code == status


async def test_a_refused_body_counts_too(caller):
    answer = await caller.post("/api/events", {})
    assert answer.status_code == 400
    assert answer.headers["ratelimit-remaining"] == "349"


async def test_limits_can_be_switched_off_and_on(caller, klaviyo):
    klaviyo.limits = None
    for _ in range(20):
        answer = await caller.get("/api/accounts")
        assert answer.status_code == 200
        assert "ratelimit-limit" not in answer.headers
    klaviyo.limits = Limits()
    assert klaviyo.limits is not None
    assert (await caller.get("/api/accounts")).status_code == 200
    assert (await caller.get("/api/accounts")).status_code == 429


@given(gaps=st.lists(st.floats(min_value=0, max_value=2), max_size=200))
def test_no_fixed_window_ever_lets_too_many_through(gaps):
    limits, now, let_in, told = Limits(), 0.0, [], []
    windows = (Window(3, 1), Window(10, 60))
    for gap in gaps:
        now += gap
        try:
            limits.take("account", "operation", windows, now)
        except Refused as refused:
            told.append(refused.retry_after)
        else:
            let_in.append(now)
    assert all(1 <= seconds <= 60 for seconds in told)
    assert all(len([one for one in let_in if start <= one < start + 1]) <= 6 for start in let_in)
    assert len([one for one in let_in if one < (let_in[0] if let_in else 0) + 60]) <= 10


def test_waiting_as_told_is_enough():
    limits, windows = Limits(), (Window(1, 1), Window(2, 60))
    limits.take("a", "o", windows, 100.25)
    limits.take("a", "o", windows, 101.5)
    with pytest.raises(Refused) as refused:
        limits.take("a", "o", windows, 103.0)
    limits.take("a", "o", windows, 103.0 + (refused.value.retry_after or 0))
