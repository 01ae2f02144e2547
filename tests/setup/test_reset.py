"""Reset forgets our side alone, parks what waits, and says what stays live (R80 to R84, R98, R110)."""

import pytest

from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.errors import Retryable
from saleor_stoq_app.events import AlertType
from saleor_stoq_app.setup.reset import Cleanup
from saleor_stoq_app.setup.steps import Setup, Step
from tests.setup.account import refused
from tests.setup.bench import ALERT, REMINDER


async def test_a_reset_removes_the_verified_status_and_leaves_the_flows_live(bench):
    """R82 to R84, R98."""
    await bench.automatic()
    await bench.work()
    done = await bench.resetting.reset(bench.place)
    setup = await bench.setup()
    assert (setup.step, setup.flows) == (Step.NOT_STARTED, ())
    assert [(one.name, one.ours, one.stays) for one in done.left] == [
        ("STOQ - Back in stock SMS alert (STOQ)", True, True),
        ("STOQ - Back in stock SMS reminder 1 (STOQ)", True, True),
    ]
    assert len(bench.account.live(ALERT)) == len(bench.account.live(REMINDER)) == 1


async def test_alerts_of_the_type_are_parked_and_others_go_on(bench):
    """R83, R105, R109."""
    await bench.owe("alert:s:r")
    await bench.owe("preorder:o", alert_type=AlertType.PREORDER)
    await bench.owe("alert:s:sent", state=State.ACCEPTED, due_at=None)
    done = await bench.resetting.reset(bench.place)
    assert done.parked == 1
    assert await bench.owed() == {"alert:s:r": "parked", "preorder:o": "due", "alert:s:sent": "accepted"}


async def test_automatic_then_reset_then_manual(bench):
    """R80, R110."""
    await bench.automatic()
    await bench.work()
    await bench.resetting.reset(bench.place)
    assert (await bench.manual()).step is Step.MANUAL
    assert (await bench.verify("STOQ - Back in stock SMS alert (STOQ)")).verified


async def test_set_up_after_a_reset_finds_its_own_flows_again(bench):
    await bench.automatic()
    await bench.work()
    before = dict(bench.account.flows)
    await bench.resetting.reset(bench.place)
    await bench.automatic()
    await bench.work()
    assert bench.account.flows == before
    assert set((await bench.setup()).made) == set(before)


@pytest.mark.parametrize(("cleanup", "left"), [(Cleanup.PAUSE, 2), (Cleanup.DELETE, 0)])
async def test_only_flows_that_we_made_are_paused_or_deleted(bench, cleanup, left):
    theirs = bench.account.add("Theirs", ALERT)
    await bench.automatic()
    await bench.work()
    done = await bench.resetting.reset(bench.place, cleanup)
    assert bench.account.flows[theirs.id] == theirs
    assert {one.flow_id: one.stays for one in done.left if one.ours} == {
        one.flow_id: False for one in done.left if one.flow_id != theirs.id
    }
    assert len(bench.account.live(REMINDER)) == 0
    assert len(bench.account.flows) == max(left, 1)


async def test_a_clean_up_that_fails_is_told_and_the_reset_holds(bench):
    await bench.automatic()
    await bench.work()
    bench.account.wrong[len(bench.account.calls) + 1] = refused(Retryable("Slow down."))
    done = await bench.resetting.reset(bench.place, Cleanup.DELETE)
    assert [(one.stays, one.problem) for one in done.left] == [(True, "Slow down."), (False, "")]
    setup = await bench.setup()
    assert (setup.step, setup.made) == (Step.NOT_STARTED, (done.left[0].flow_id,))


async def test_a_reset_works_while_nothing_is_connected(bench):
    """R111."""
    await bench.automatic()
    await bench.work()
    bench.connection = None
    done = await bench.resetting.reset(bench.place, Cleanup.DELETE)
    assert {one.problem for one in done.left} == {"Klaviyo is not connected."}
    assert (await bench.setup()).step is Step.NOT_STARTED


async def test_resetting_what_was_never_set_up_does_no_harm(bench):
    assert (await bench.resetting.reset(bench.place)).left == ()
    assert await bench.setup() == Setup()
