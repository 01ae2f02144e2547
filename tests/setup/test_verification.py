"""Manual set-up: what to copy, the exact name, and what is wrong beyond it (R38 to R48, R95, R103)."""

from dataclasses import replace

import pytest

from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.errors import InvalidInput, Retryable
from saleor_stoq_app.setup.problems import Code
from saleor_stoq_app.setup.steps import Step
from tests.setup.account import refused
from tests.setup.bench import ALERT, REMINDER

NAME = "My flow"


def codes(found):
    return [problem.code for problem in found.problems]


async def test_choosing_manual_makes_the_metrics_known_so_that_klaviyo_lists_them(bench):
    """R39, R42."""
    setup = await bench.manual()
    assert [flow.metric for flow in setup.flows] == [ALERT, REMINDER]
    await bench.work()
    setup = await bench.setup()
    assert all(flow.metric_id for flow in setup.flows)
    assert [seed[0] for seed in bench.account.seeds] == [ALERT, REMINDER]
    assert setup.step is Step.MANUAL
    assert bench.account.flows == {}


async def test_a_flow_of_exactly_this_name_on_the_metric_is_verified(bench):
    """R45 to R47."""
    bench.account.add(NAME, ALERT)
    await bench.manual()
    await bench.work()
    found = await bench.verify(NAME)
    assert (found.verified, found.problems) == (True, ())
    flow = (await bench.setup()).flow("alert")
    assert (flow.verified, flow.live, flow.name) == (True, True, NAME)


async def test_it_may_be_verified_without_further_ado_where_the_metric_is_known(bench):
    bench.account.add(NAME, ALERT)
    assert (await bench.verify(NAME)).verified
    assert (await bench.setup()).step is Step.MANUAL
    assert bench.account.seeds == []


@pytest.mark.parametrize("entered", ["my flow", "My flow ", " My flow", "MY FLOW", "My  flow"])
async def test_capitals_and_spaces_count_and_the_real_name_is_told(bench, entered):
    """R95, R103."""
    bench.account.add(NAME, ALERT)
    found = await bench.verify(entered)
    assert not found.verified
    assert codes(found) == [Code.OTHER_NAME]
    assert '"My flow"' in found.problems[0].cause
    assert [flow.name for flow in found.near] == [NAME]
    assert not (await bench.setup()).flow("alert").verified


async def test_near_misses_on_other_metrics_are_listed(bench):
    """R103."""
    bench.account.listed[ALERT] = bench.clock.now()
    bench.account.add("MY FLOW", "Other metric")
    found = await bench.verify(NAME)
    assert codes(found) == [Code.NO_SUCH_FLOW]
    assert '"MY FLOW"' in found.problems[0].cause


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        ({"status": "draft", "text": "draft"}, [Code.FLOW_NOT_LIVE, Code.MESSAGE_NOT_LIVE]),
        ({"status": "manual"}, [Code.FLOW_NOT_LIVE]),
        ({"text": "draft"}, [Code.MESSAGE_NOT_LIVE]),
        ({"archived": True}, [Code.FLOW_ARCHIVED]),
    ],
)
async def test_what_keeps_the_flow_from_texting_is_told(bench, flow, said):
    """R104, R106."""
    bench.account.add(NAME, ALERT, **flow)
    found = await bench.verify(NAME)
    assert (found.verified, codes(found)) == (False, said)


async def test_a_flow_without_a_text_is_told(bench):
    bench.account.set(bench.account.add(NAME, ALERT).id, messages=())
    assert codes(await bench.verify(NAME)) == [Code.NO_MESSAGE]


async def test_a_flow_on_another_metric_is_told(bench):
    """R41, R103."""
    bench.account.listed[ALERT] = bench.clock.now()
    bench.account.add(NAME, "Placed order")
    found = await bench.verify(NAME)
    assert (found.verified, codes(found)) == (False, [Code.OTHER_METRIC])


async def test_more_than_one_live_flow_is_told_with_its_name(bench):
    """R93."""
    bench.account.add(NAME, ALERT)
    bench.account.add("Another", ALERT)
    found = await bench.verify(NAME)
    assert (found.verified, codes(found)) == (False, [Code.SEVERAL_LIVE_FLOWS])
    assert '"Another"' in found.problems[0].cause


async def test_smart_sending_is_a_warning_and_no_obstacle(bench):
    bench.account.add(NAME, ALERT, smart_sending=True)
    found = await bench.verify(NAME)
    assert (found.verified, codes(found)) == (True, [Code.SMART_SENDING])


async def test_a_metric_that_is_not_listed_yet_is_told(bench):
    """R42."""
    assert codes(await bench.verify(NAME)) == [Code.METRIC_NOT_LISTED]


async def test_a_metric_that_was_deleted_is_looked_for_again(bench):
    bench.account.add(NAME, ALERT)
    await bench.verify(NAME)
    del bench.account.listed[ALERT]
    found = await bench.verify(NAME)
    assert (found.verified, codes(found)) == (False, [Code.METRIC_NOT_LISTED])


@pytest.mark.parametrize("name", ["Zurück 🎉", 'The "big" one', "It's back", "a\\b", "x" * 255, '"'])
async def test_strange_names_are_verified(bench, name):
    """R95."""
    bench.account.add(name, ALERT)
    assert (await bench.verify(name)).verified


@pytest.mark.parametrize("name", ["", "   ", "x" * 256])
async def test_a_name_that_can_be_none_is_refused(bench, name):
    with pytest.raises(InvalidInput) as caught:
        await bench.verify(name)
    assert caught.value.field == "flowName"


async def test_a_hundred_flows_of_one_name_are_told_as_many(bench):
    """R93."""
    for _ in range(100):
        bench.account.add(NAME, ALERT)
    found = await bench.verify(NAME)
    assert codes(found) == [Code.SEVERAL_LIVE_FLOWS]
    assert "95 more" in found.problems[0].cause


async def test_an_unknown_flow_key_is_refused(bench):
    with pytest.raises(InvalidInput):
        await bench.verify(NAME, key="preorder")


async def test_while_automatic_set_up_runs_nothing_is_verified_by_hand(bench):
    await bench.automatic()
    with pytest.raises(InvalidInput) as caught:
        await bench.verify(NAME)
    assert caught.value.code == "WRONG_STEP"


async def test_trouble_is_told_and_changes_nothing(bench):
    bench.account.add(NAME, ALERT)
    await bench.verify(NAME)
    bench.account.wrong[len(bench.account.calls) + 1] = refused(Retryable("Slow down.", after=1))
    with pytest.raises(Retryable):
        await bench.verify(NAME)
    assert (await bench.setup()).flow("alert").verified


async def test_a_trouble_in_seeding_is_told_and_may_be_tried_again(bench):
    bench.account.wrong[1] = refused(Retryable("Nobody answers.", after=3600))
    bench.account.wrong[2] = refused(Retryable("Nobody answers.", after=3600))
    await bench.manual()
    await bench.work()
    assert (await bench.setup()).failure.reason == "Nobody answers."
    assert (await bench.manual()).failure is None
    await bench.work()
    assert all(flow.metric_id for flow in (await bench.setup()).flows)


async def test_verification_releases_what_waited_and_its_loss_parks_again(bench):
    """R105."""
    flow = bench.account.add(NAME, ALERT)
    await bench.owe("alert:s:r", state=State.PARKED)
    await bench.verify(NAME)
    assert await bench.owed() == {"alert:s:r": "due"}

    bench.account.set(flow.id, status="draft")
    await bench.verification.recheck(bench.place)
    assert await bench.owed() == {"alert:s:r": "parked"}


async def test_what_became_too_old_meanwhile_expires(bench):
    bench.account.add(NAME, ALERT)
    await bench.owe("alert:s:r", state=State.PARKED)
    bench.clock.advance(49 * 3600)
    await bench.verify(NAME)
    assert await bench.owed() == {"alert:s:r": "expired"}


async def test_another_account_unverifies_what_was_verified(bench):
    bench.account.add(NAME, ALERT)
    await bench.verify(NAME)
    bench.connection = replace(bench.connection, generation=2)
    bench.account.flows.clear()
    await bench.verify(NAME)
    setup = await bench.setup()
    assert (setup.generation, setup.flow("alert").verified) == (2, False)


async def test_what_changed_at_the_provider_is_seen_in_an_automatic_set_up_too(bench):
    """R104."""
    await bench.automatic()
    await bench.work()
    (flow,) = bench.account.live(ALERT)
    bench.account.set(flow.id, status="draft")
    setup = await bench.verification.recheck(bench.place)
    assert (setup.step, setup.is_complete) == (Step.READY, False)
    assert setup.flow("alert").problems[0].code == Code.FLOW_NOT_LIVE
    await bench.automatic()
    await bench.work()
    assert (await bench.setup()).is_complete
    assert len(bench.account.live(ALERT)) == 1
