"""The steps of a set-up: which may follow which, whatever happens (R26 to R32, R80, R82)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.flows import SetupMethod
from saleor_stoq_app.providers.klaviyo.flow_table import TEMPLATES
from saleor_stoq_app.setup import steps
from saleor_stoq_app.setup.steps import LEGAL, Light, Setup, SetupFlow, Step, move, progress

BOTH = TEMPLATES[AlertType.BACK_IN_STOCK]


@given(st.sampled_from(Step), st.sampled_from(Step))
def test_only_legal_steps_follow_and_others_are_refused_in_words(before, after):
    if after in LEGAL[before]:
        assert move(Setup(before), after).step is after
        return
    with pytest.raises(InvalidInput) as caught:
        move(Setup(before), after)
    assert caught.value.code == "WRONG_STEP"
    assert "_" not in caught.value.message


def test_every_step_can_be_left_by_a_reset():
    """R80, R82."""
    for step in Step:
        assert steps.reset(Setup(step, made=("F1",))) == Setup(made=("F1",))


facts = st.builds(
    SetupFlow,
    key=st.sampled_from([each.key for each in BOTH]),
    metric=st.just("m"),
    name=st.just("n"),
    metric_id=st.sampled_from(["", "M"]),
    flow_id=st.sampled_from(["", "F"]),
    verified=st.booleans(),
)


@given(st.lists(st.tuples(st.sampled_from(["learn", "metric", "flow"]), facts), max_size=20))
def test_whatever_is_learnt_or_lost_it_is_ready_only_when_every_flow_is_verified(history):
    setup = steps.begin_automatic(Setup(), BOTH, 1)
    for what, flow in history:
        if not setup.runs:
            break
        if what == "learn":
            setup = steps.with_flow(setup, flow)
        elif what == "metric":
            setup = steps.lost_metric(setup, flow.key)
        elif setup.step is not Step.SEEDING_METRICS:
            setup = steps.lost_flow(setup, flow.key)
    assert len(progress(setup)) == 2
    if setup.step is Step.READY:
        assert all(flow.metric_id or flow.verified for flow in setup.flows)
        assert setup.is_complete
    elif setup.step is Step.ACTIVATING_FLOWS:
        assert not setup.is_complete


def test_progress_has_exactly_the_two_labels_of_the_help_page():
    """R31."""
    setup = steps.begin_automatic(Setup(), BOTH, 1)
    assert [line.label for line in progress(setup)] == ["Creating flows", "Activating flows"]
    assert [line.light for line in progress(Setup())] == [Light.WAITING, Light.WAITING]


@pytest.mark.parametrize(
    ("step", "lights"),
    [
        (Step.SEEDING_METRICS, [Light.FAILED, Light.WAITING]),
        (Step.CREATING_FLOWS, [Light.FAILED, Light.WAITING]),
        (Step.ACTIVATING_FLOWS, [Light.DONE, Light.FAILED]),
    ],
)
def test_a_failure_shows_at_its_step(step, lights):
    """R102."""
    failed = steps.fail(Setup(step), code="X", reason="r", fix="f")
    assert [line.light for line in progress(failed)] == lights
    assert failed.failure.step is step


def test_trying_again_keeps_the_metrics_and_looks_for_the_flows_anew():
    flow = SetupFlow("alert", "m", "n", metric_id="M", flow_id="F", verified=True)
    failed = Setup(Step.FAILED, SetupMethod.AUTOMATIC, 1, flows=(flow,))
    again = steps.begin_automatic(failed, BOTH, 1)
    assert (again.flow("alert").metric_id, again.flow("alert").flow_id) == ("M", "")
    assert not again.flow("alert").verified
    elsewhere = steps.begin_automatic(failed, BOTH, 2)
    assert elsewhere.flow("alert").metric_id == ""


def test_manual_takes_over_after_a_failure_and_automatic_only_after_a_reset():
    """R102, R110."""
    failed = steps.fail(steps.begin_automatic(Setup(), BOTH, 1), code="X", reason="r", fix="f")
    manual = steps.begin_manual(failed, BOTH, 1)
    assert (manual.step, manual.method, manual.failure) == (Step.MANUAL, SetupMethod.MANUAL, None)
    with pytest.raises(InvalidInput):
        steps.begin_automatic(manual, BOTH, 1)
    assert steps.begin_automatic(steps.reset(manual), BOTH, 1).runs
