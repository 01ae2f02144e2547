"""Automatic set-up makes each flow once, switches it on, and says what it could not do (R28 to R37)."""

import asyncio
from dataclasses import replace

import pytest

from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.errors import InvalidInput, NeedsMerchant, Rejected, Retryable
from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.flows import SetupMethod
from saleor_stoq_app.providers.problems import MissingScopes
from saleor_stoq_app.setup import store
from saleor_stoq_app.setup.problems import Code
from saleor_stoq_app.setup.reset import Cleanup
from saleor_stoq_app.setup.steps import Light, Step, progress
from tests.fixtures.dying import dies
from tests.setup.account import lost, refused
from tests.setup.bench import ALERT, OWNER, PREORDER, REMINDER, Bench

BOTH = (ALERT, REMINDER)


def live(bench, *metrics):
    return [len(bench.account.live(metric)) for metric in metrics]


async def test_the_flows_of_the_alert_type_at_hand_alone_are_made_and_live(bench):
    """R30, R33, R34, R36."""
    await bench.automatic()
    await bench.work()

    setup = await bench.setup()
    assert (setup.step, setup.is_complete) == (Step.READY, True)
    assert sorted(flow.name for flow in bench.account.flows.values()) == [
        "STOQ - Back in stock SMS alert (STOQ)",
        "STOQ - Back in stock SMS reminder 1 (STOQ)",
    ]
    assert live(bench, *BOTH, PREORDER) == [1, 1, 0]
    assert set(setup.made) == set(bench.account.flows)


async def test_the_preorder_flow_is_set_up_on_its_own(bench):
    """R35, R36, R109."""
    await bench.automatic(bench.preorders)
    await bench.work()
    assert (await bench.setup(bench.preorders)).step is Step.READY
    assert (await bench.setup()).step is Step.NOT_STARTED
    assert live(bench, *BOTH, PREORDER) == [0, 0, 1]


async def test_each_metric_is_seeded_with_all_its_variables_on_the_merchants_own_contact(bench):
    """R42, R56."""
    await bench.automatic()
    await bench.work()
    assert [(metric, len(variables), contact) for metric, variables, contact in bench.account.seeds] == [
        (ALERT, 12, OWNER),
        (REMINDER, 12, OWNER),
    ]


async def test_the_contact_is_sealed_and_forgotten_when_it_is_no_longer_needed(bench):
    async def kept():
        return (await bench.database.read(lambda conn: store.read(conn, bench.place))).contact

    await bench.automatic()
    assert bench.vault.open(await kept()) == OWNER
    assert OWNER not in await kept()
    await bench.work()
    assert await kept() == ""


async def test_progress_shows_two_steps(bench):
    """R31, R32."""
    seen = [progress(await bench.automatic())]
    while (await bench.next_run()) is not None:
        bench.clock.advance(10)
        await bench.jobs.turn("jobs")
        seen.append(progress(await bench.setup()))

    lights = [tuple(line.light for line in lines) for lines in dict.fromkeys(seen)]
    assert {line.label for line in seen[0]} == {"Creating flows", "Activating flows"}
    assert lights == [
        (Light.RUNNING, Light.WAITING),
        (Light.DONE, Light.RUNNING),
        (Light.DONE, Light.DONE),
    ]


async def test_two_people_who_click_continue_at_once_start_one_run(bench):
    begun = await asyncio.gather(*(bench.automatic() for _ in range(5)))
    await bench.work()
    assert len(set(begun)) == 1
    assert bench.account.calls.count("create") == 2
    assert live(bench, *BOTH) == [1, 1]


async def test_one_that_is_ready_is_not_begun_again(bench):
    await bench.automatic()
    await bench.work()
    calls = len(bench.account.calls)
    assert (await bench.automatic()).step is Step.READY
    await bench.work()
    assert len(bench.account.calls) == calls


async def test_a_live_flow_that_sits_on_the_metric_is_adopted_whatever_its_name(bench):
    flow = bench.account.add("Back again 🎉", ALERT)
    await bench.automatic()
    await bench.work()
    setup = await bench.setup()
    assert (setup.step, live(bench, *BOTH)) == (Step.READY, [1, 1])
    assert (setup.flow("alert").flow_id, setup.flow("alert").name) == (flow.id, "Back again 🎉")
    assert flow.id not in setup.made


async def test_a_draft_with_our_name_is_switched_on(bench):
    draft = bench.account.add("STOQ - Back in stock SMS alert (STOQ)", ALERT, status="draft", text="draft")
    await bench.automatic()
    await bench.work()
    assert [flow.id for flow in bench.account.live(ALERT)] == [draft.id]
    assert draft.id not in (await bench.setup()).made


async def test_a_merchants_own_draft_and_an_archived_flow_are_left_alone(bench):
    mine = bench.account.add("Work in progress", ALERT, status="draft")
    old = bench.account.add("STOQ - Back in stock SMS alert (STOQ)", ALERT, archived=True)
    await bench.automatic()
    await bench.work()
    assert len(bench.account.live(ALERT)) == 1
    assert bench.account.flows[mine.id] == mine
    assert bench.account.flows[old.id] == old


async def test_two_live_flows_on_a_metric_are_reported_and_none_is_added(bench):
    """R93."""
    bench.account.add("One", ALERT)
    bench.account.add("Two", ALERT)
    await bench.automatic()
    await bench.work()
    failure = (await bench.setup()).failure
    assert (failure.code, failure.step) == (Code.SEVERAL_LIVE_FLOWS, Step.CREATING_FLOWS)
    assert '"One", "Two"' in failure.reason
    assert live(bench, ALERT) == [2]


async def test_a_message_that_stays_a_draft_is_reported_not_called_success(bench):
    """R104."""
    bench.account.leaves_drafts = True
    await bench.automatic()
    await bench.work()
    setup = await bench.setup()
    assert (setup.step, setup.failure.code) == (Step.FAILED, Code.MESSAGE_NOT_LIVE)
    assert not setup.is_complete


@pytest.mark.parametrize(
    "error",
    [
        Retryable("Klaviyo asks us to slow down.", after=60),
        Retryable("Klaviyo answered with 503; we ask again."),
    ],
)
@pytest.mark.parametrize("call", range(1, 16))
async def test_limits_and_outages_at_any_call_are_waited_out(bench, error, call):
    """R102."""
    bench.account.wrong[call] = refused(error)
    await bench.automatic()
    await bench.work()
    assert (await bench.setup()).step is Step.READY
    assert live(bench, *BOTH) == [1, 1]


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("call", range(1, 16))
async def test_a_lost_answer_at_any_call_leaves_one_live_flow_per_metric(bench, call, acts):
    bench.account.wrong[call] = lost(acts=acts)
    await bench.automatic()
    await bench.work()
    setup = await bench.setup()
    assert (setup.step, live(bench, *BOTH), len(bench.account.flows)) == (Step.READY, [1, 1], 2)
    assert set(setup.made) == set(bench.account.flows)


async def test_an_outage_without_end_is_told_and_may_be_tried_again(bench):
    """R102."""
    bench.account.wrong = {call: refused(Retryable("Nobody answers.", after=300)) for call in range(1, 20)}
    await bench.automatic()
    await bench.work()
    setup = await bench.setup()
    assert (setup.step, setup.failure.reason) == (Step.FAILED, "Nobody answers.")
    assert "switch to manual setup" in setup.failure.fix
    bench.account.wrong = {}
    await bench.automatic()
    await bench.work()
    assert (await bench.setup()).step is Step.READY


@pytest.mark.parametrize(
    "error",
    [
        Rejected("Klaviyo refused it: no."),
        MissingScopes("Not allowed.", fix="Grant flows:write.", scopes=("flows:write",)),
        NeedsMerchant("Refused.", fix="Connect again.", code="RECONNECT"),
    ],
)
async def test_anything_else_stops_with_reason_and_fix(bench, error):
    """R102."""
    bench.account.wrong[1] = refused(error)
    await bench.automatic()
    await bench.work()
    failure = (await bench.setup()).failure
    assert (failure.code, failure.reason) == (error.code, error.message)
    assert failure.fix
    assert (await bench.manual()).step is Step.MANUAL


async def test_a_failure_keeps_what_was_made_and_trying_again_makes_no_second_flow(bench):
    bench.account.leaves_drafts = True
    await bench.automatic()
    await bench.work()
    bench.account.leaves_drafts = False
    (made,) = bench.account.live(ALERT) or [next(iter(bench.account.flows.values()))]
    bench.account.set(made.id, status="draft")
    await bench.automatic()
    await bench.work()
    assert (await bench.setup()).step is Step.READY
    assert (live(bench, *BOTH), len(bench.account.flows)) == ([1, 1], 2)


async def kill_everywhere(bench_of, alert_type):
    """Kill the worker at each of its waits in turn, and let another one finish."""
    for at in range(1, 10_000):
        bench = await bench_of()
        await bench.automatic(replace(bench.place, alert_type=alert_type))
        died, waits = False, 0
        while not died and await bench.next_run() is not None:
            bench.clock.advance(10)
            turn = Counting(bench.jobs.turn("jobs"))
            died = await dies(turn, at - waits)
            waits += turn.waits
        bench.jobs = bench.job()
        await bench.work()
        yield bench
        if not died:
            return


class Counting:
    """Counts the waits of a coroutine, so that a kill can fall into a later turn."""

    def __init__(self, work):
        self._steps = work.__await__()
        self._work = work
        self.waits = 0

    def __await__(self):
        while True:
            try:
                waited_for = next(self._steps)
            except StopIteration as end:
                return end.value
            self.waits += 1
            yield waited_for

    def close(self):
        self._work.close()


@pytest.mark.parametrize(
    ("alert_type", "metrics"),
    [
        (AlertType.PREORDER, [PREORDER]),
        pytest.param(AlertType.BACK_IN_STOCK, [ALERT, REMINDER], marks=pytest.mark.slow),
    ],
)
async def test_killed_at_any_moment_it_ends_with_exactly_one_live_flow_per_metric(
    database, clock, vault, alert_type, metrics
):
    ends = 0
    async for bench in kill_everywhere(lambda: Bench(database, clock, vault).open(), alert_type):
        setup = await bench.setup(replace(bench.place, alert_type=alert_type))
        assert setup.step is Step.READY
        assert live(bench, *metrics) == [1] * len(metrics)
        assert set(setup.made) == set(bench.account.flows)
        ends += 1
    assert ends > 30


async def test_an_api_key_connection_is_refused_and_told_why(bench):
    """R94."""
    bench.connection = replace(bench.connection, kind="api_key")
    with pytest.raises(NeedsMerchant) as caught:
        await bench.automatic()
    assert (caught.value.code, "API key" in caught.value.message) == ("AUTOMATIC_UNAVAILABLE", True)


async def test_missing_flow_permissions_are_named(bench):
    """R101."""
    bench.connection = replace(bench.connection, scopes=bench.connection.scopes - {"flows:write"})
    with pytest.raises(NeedsMerchant) as caught:
        await bench.automatic()
    assert "flows:write" in caught.value.message
    assert "flows:write" in caught.value.fix


@pytest.mark.parametrize("contact", ["", "owner", "555", "a@b", "@", "+1", "x" * 300 + "@shop.example"])
async def test_a_contact_that_is_none_is_refused(bench, contact):
    with pytest.raises(InvalidInput) as caught:
        await bench.starting.begin(bench.place, SetupMethod.AUTOMATIC, contact)
    assert caught.value.field == "contact"


async def test_another_account_in_the_middle_begins_again_there(bench):
    await bench.automatic()
    await bench.jobs.turn("jobs")
    bench.connection = replace(bench.connection, generation=2)
    await bench.work()
    setup = await bench.setup()
    assert (setup.step, setup.generation) == (Step.READY, 2)


async def test_a_connection_that_is_lost_in_the_middle_stops_it(bench):
    """R111."""
    await bench.automatic()
    await bench.jobs.turn("jobs")
    bench.connection = None
    await bench.work()
    assert (await bench.setup()).failure.code == "NOT_CONNECTED"


async def test_a_reset_in_the_middle_of_a_call_wins(bench):
    """R80."""
    await bench.automatic()
    turn = asyncio.ensure_future(bench.jobs.turn("jobs"))
    await bench.account.called.wait()
    await bench.resetting.reset(bench.place, Cleanup.KEEP)
    await turn
    await bench.work()
    assert (await bench.setup()).step is Step.NOT_STARTED
    assert bench.account.flows == {}


async def test_a_metric_deleted_in_the_middle_is_made_again(bench):
    bench.account.add("Something else", ALERT, status="draft")
    await bench.automatic()
    while (await bench.setup()).step is not Step.CREATING_FLOWS:
        bench.clock.advance(10)
        await bench.jobs.turn("jobs")
    del bench.account.listed[REMINDER]
    await bench.work()
    assert (await bench.setup()).step is Step.READY
    assert len([seed for seed in bench.account.seeds if seed[0] == REMINDER]) == 2


async def test_a_flow_deleted_in_the_middle_is_made_again(bench):
    await bench.automatic()
    while (await bench.setup()).step is not Step.ACTIVATING_FLOWS:
        bench.clock.advance(10)
        await bench.jobs.turn("jobs")
    bench.account.flows.clear()
    await bench.work()
    assert (await bench.setup()).step is Step.READY
    assert live(bench, *BOTH) == [1, 1]


async def test_what_was_parked_goes_on_when_the_flows_are_verified(bench):
    """R105."""
    await bench.owe("alert:s:r", state=State.PARKED)
    await bench.automatic()
    await bench.work()
    assert await bench.owed() == {"alert:s:r": "due"}


async def test_both_alert_types_are_set_up_one_after_the_other(bench):
    """R109."""
    await bench.automatic()
    await bench.automatic(bench.preorders)
    await bench.work()
    assert live(bench, *BOTH, PREORDER) == [1, 1, 1]
