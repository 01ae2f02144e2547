"""The steps of a set-up, and which may follow which: pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.providers.flows import FlowTemplate, SetupMethod
from saleor_stoq_app.setup.problems import Problem


class Step(StrEnum):
    """Where a set-up stands."""

    NOT_STARTED = "not_started"
    SEEDING_METRICS = "seeding_metrics"
    CREATING_FLOWS = "creating_flows"
    ACTIVATING_FLOWS = "activating_flows"
    READY = "ready"
    FAILED = "failed"
    MANUAL = "manual"


RUNNING = (Step.SEEDING_METRICS, Step.CREATING_FLOWS, Step.ACTIVATING_FLOWS)
LEGAL = {
    Step.NOT_STARTED: {Step.SEEDING_METRICS, Step.MANUAL},
    Step.SEEDING_METRICS: {Step.CREATING_FLOWS, Step.FAILED, Step.NOT_STARTED},
    Step.CREATING_FLOWS: {Step.ACTIVATING_FLOWS, Step.SEEDING_METRICS, Step.FAILED, Step.NOT_STARTED},
    Step.ACTIVATING_FLOWS: {
        Step.READY,
        Step.CREATING_FLOWS,
        Step.SEEDING_METRICS,
        Step.FAILED,
        Step.NOT_STARTED,
    },
    Step.READY: {Step.NOT_STARTED},
    Step.FAILED: {Step.SEEDING_METRICS, Step.MANUAL, Step.NOT_STARTED},
    Step.MANUAL: {Step.NOT_STARTED},
}


@dataclass(frozen=True, slots=True)
class SetupFlow:
    """One metric and the flow that it triggers, as far as they are known; `key` is its template's.

    `attempted_at`: a flow may have been made then, and nobody knows its id. `transactional`: what the
    provider granted, None while unread.
    """

    key: str
    metric: str
    name: str
    seeded_at: datetime | None = None
    metric_id: str = ""
    attempted_at: datetime | None = None
    flow_id: str = ""
    live: bool = False
    verified: bool = False
    transactional: bool | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a set-up stopped, and at which step."""

    step: Step
    code: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class Setup:
    """The set-up of one alert type at one provider.

    `generation` is that of the connection it was made for; `made` are the ids of flows that we made;
    `waiting` says what a running set-up waits for.
    """

    step: Step = Step.NOT_STARTED
    method: SetupMethod | None = None
    generation: int = 0
    flows: tuple[SetupFlow, ...] = ()
    failure: Failure | None = None
    made: tuple[str, ...] = ()
    waiting: str = ""

    @property
    def runs(self) -> bool:
        return self.step in RUNNING

    @property
    def is_complete(self) -> bool:
        """Whether every flow of the alert type is verified."""
        return bool(self.flows) and all(flow.verified for flow in self.flows)

    def flow(self, key: str) -> SetupFlow | None:
        return next((flow for flow in self.flows if flow.key == key), None)


def move(setup: Setup, step: Step) -> Setup:
    """Go to another step.

    Raises:
        InvalidInput: it may not follow the present one.
    """
    if step not in LEGAL[setup.step]:
        raise InvalidInput(
            f"A set-up that is {words(setup.step)} cannot become {words(step)}.",
            fix="Reset the setup first.",
            code="WRONG_STEP",
        )
    failure = None if setup.step is Step.FAILED else setup.failure
    return replace(setup, step=step, failure=failure, waiting="")


def words(step: Step) -> str:
    return step.value.replace("_", " ")


def begin_automatic(setup: Setup, templates: Sequence[FlowTemplate], generation: int) -> Setup:
    """Start, or try again after a failure: metrics that are known are kept, flows are looked for anew."""
    begun = move(setup, Step.SEEDING_METRICS)
    known = {flow.key: flow for flow in setup.flows} if setup.generation == generation else {}
    flows = tuple(_afresh(known.get(each.key), each) for each in templates)
    return advance(replace(begun, method=SetupMethod.AUTOMATIC, generation=generation, flows=flows))


def begin_manual(setup: Setup, templates: Sequence[FlowTemplate], generation: int) -> Setup:
    """Leave the flows to the merchant; their names are the template's until another is entered."""
    begun = move(setup, Step.MANUAL)
    flows = tuple(_afresh(None, each) for each in templates)
    return replace(begun, method=SetupMethod.MANUAL, generation=generation, flows=flows)


def renew(setup: Setup, generation: int) -> Setup:
    """Forget what was learnt of another connection's metrics; the flows must be verified again."""
    flows = tuple(SetupFlow(flow.key, flow.metric, flow.name) for flow in setup.flows)
    return replace(setup, generation=generation, flows=flows)


def _afresh(known: SetupFlow | None, template: FlowTemplate) -> SetupFlow:
    flow = SetupFlow(template.key, template.metric, template.name)
    if known is None:
        return flow
    return replace(
        flow, seeded_at=known.seeded_at, metric_id=known.metric_id, attempted_at=known.attempted_at
    )


def with_flow(setup: Setup, flow: SetupFlow) -> Setup:
    """Put what was learnt in place, and go on as far as that leads."""
    flows = tuple(flow if one.key == flow.key else one for one in setup.flows)
    return advance(replace(setup, flows=flows, waiting=""))


def advance(setup: Setup) -> Setup:
    """Leave each step whose work is done for every flow."""
    if setup.step is Step.SEEDING_METRICS and all(flow.metric_id for flow in setup.flows):
        setup = move(setup, Step.CREATING_FLOWS)
    if setup.step is Step.CREATING_FLOWS and all(flow.flow_id for flow in setup.flows):
        setup = move(setup, Step.ACTIVATING_FLOWS)
    if setup.step is Step.ACTIVATING_FLOWS and setup.is_complete:
        setup = move(setup, Step.READY)
    return setup


def lost_metric(setup: Setup, key: str) -> Setup:
    """Begin again with a metric that was deleted; its flow went with it."""
    return _lost(setup, key, Step.SEEDING_METRICS, SetupFlow("", "", ""))


def lost_flow(setup: Setup, key: str) -> Setup:
    """Find or make again a flow that was deleted."""
    flow = setup.flow(key)
    kept = SetupFlow("", "", "", metric_id=flow.metric_id, seeded_at=flow.seeded_at) if flow else None
    return _lost(setup, key, Step.CREATING_FLOWS, kept or SetupFlow("", "", ""))


def _lost(setup: Setup, key: str, step: Step, kept: SetupFlow) -> Setup:
    flows = tuple(
        replace(kept, key=one.key, metric=one.metric, name=one.name) if one.key == key else one
        for one in setup.flows
    )
    lost = replace(setup, flows=flows)
    return lost if setup.step in {step, Step.MANUAL} else move(lost, step)


def went_back(before: Setup, after: Setup) -> bool:
    """Tell whether something that was there is gone, so that earlier steps come again."""
    return before.runs and after.runs and RUNNING.index(after.step) < RUNNING.index(before.step)


def fail(setup: Setup, *, code: str, reason: str, fix: str) -> Setup:
    """Stop, with what a person can do; a set-up by hand stays one."""
    failure = Failure(setup.step, code, reason, fix)
    stopped = setup if setup.step is Step.MANUAL else move(setup, Step.FAILED)
    return replace(stopped, failure=failure, waiting="")


def reset(setup: Setup) -> Setup:
    """Forget everything but which flows we made (R82, R83)."""
    if setup.step is not Step.NOT_STARTED:
        setup = move(setup, Step.NOT_STARTED)
    return Setup(made=setup.made)


class Light(StrEnum):
    """How a line of the progress indicator stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """A line of the progress indicator."""

    label: str
    light: Light


LINES = (("Creating flows", RUNNING[:2]), ("Activating flows", RUNNING[2:]))
"""The two steps that people see, to the letter (R31); metrics are a part of the first."""


def progress(setup: Setup) -> tuple[Progress, ...]:
    """Return the progress indicator of an automatic set-up."""
    at = setup.failure.step if setup.failure else setup.step
    return tuple(Progress(label, _light(setup, at, steps)) for label, steps in LINES)


def _light(setup: Setup, at: Step, steps: Sequence[Step]) -> Light:
    if at in steps:
        return Light.FAILED if setup.step is Step.FAILED else Light.RUNNING
    if setup.step is Step.READY or (at in RUNNING and RUNNING.index(at) > RUNNING.index(steps[-1])):
        return Light.DONE
    return Light.WAITING
