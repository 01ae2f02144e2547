"""The remote steps of a set-up, one at a time: seed, find, adopt or create, activate, read back."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from saleor_stoq_app.providers.flows import FlowState, FlowTemplate
from saleor_stoq_app.providers.problems import Gone
from saleor_stoq_app.setup import adoption, diagnosis, steps
from saleor_stoq_app.setup.managed import Managed
from saleor_stoq_app.setup.problems import Problem
from saleor_stoq_app.setup.samples import samples
from saleor_stoq_app.setup.steps import Setup, SetupFlow, Step

ASKED_AGAIN = 10.0
SEEDED_AGAIN = timedelta(minutes=10)
SETTLED = timedelta(seconds=30)
"""By then a flow is listed that was made by a call whose answer was lost."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to be done for `seconds`; `reason` is shown beside the progress."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What one step works on; `save` stores a set-up before a call that may have been made."""

    managed: Managed
    templates: Sequence[FlowTemplate]
    setup: Setup
    contact: str
    now: datetime
    save: Callable[[Setup], Awaitable[None]]

    def template(self, flow: SetupFlow) -> FlowTemplate:
        return next(each for each in self.templates if each.key == flow.key)


async def next_step(turn: Turn) -> Setup | Wait:
    """Make at most one change at the provider.

    Raises:
        ProviderError: it was not made, or may have been.
    """
    flow, act = _next(turn.setup)
    try:
        return await act(turn, flow)
    except Gone as gone:
        if gone.what == "metric":
            return steps.lost_metric(turn.setup, flow.key)
        if gone.what == "flow":
            return steps.lost_flow(turn.setup, flow.key)
        raise


def _next(setup: Setup) -> tuple[SetupFlow, Callable[[Turn, SetupFlow], Awaitable[Setup | Wait]]]:
    if setup.step is Step.ACTIVATING_FLOWS:
        return next(flow for flow in setup.flows if not flow.verified), _activate
    if setup.step is Step.CREATING_FLOWS:
        return next(flow for flow in setup.flows if not flow.flow_id), _create
    unlisted = [flow for flow in setup.flows if not flow.metric_id]
    unseeded = [flow for flow in unlisted if flow.seeded_at is None]
    return next(iter([*unseeded, *unlisted])), _seed


async def _seed(turn: Turn, flow: SetupFlow) -> Setup | Wait:
    if flow.seeded_at is None or turn.now - flow.seeded_at >= SEEDED_AGAIN:
        variables = samples(turn.template(flow).variables)
        await turn.managed.flows.seed(flow.metric, variables, turn.contact)
        return steps.with_flow(turn.setup, replace(flow, seeded_at=turn.now))
    metric_id = await turn.managed.flows.metric_id(flow.metric)
    if metric_id is None:
        return Wait(ASKED_AGAIN, f'{turn.managed.spec.label} does not list "{flow.metric}" yet.')
    return steps.with_flow(turn.setup, replace(flow, metric_id=metric_id))


async def _create(turn: Turn, flow: SetupFlow) -> Setup | Wait:
    """Look before a flow is made; what may have been made gets time to show."""
    if flow.attempted_at is not None and (left := flow.attempted_at + SETTLED - turn.now) > timedelta(0):
        return Wait(left.total_seconds(), "A flow may have been made; we look for it.")
    manager = turn.managed.flows
    found = adoption.on_metric(
        [*await manager.flows_on(flow.metric_id), *await manager.flows_named(flow.name)], flow
    )
    running = adoption.live(found)
    if len(running) > 1:
        return _stop(turn.setup, flow, [diagnosis.several_live(running, flow.metric)])
    there = adoption.usable(found, flow, turn.setup.made)
    if there is None:
        return await _make(turn, flow)
    ours = adoption.is_ours(there, flow, turn.setup.made)
    return _found(turn.setup, flow, there, ours=ours)


async def _make(turn: Turn, flow: SetupFlow) -> Setup:
    marked = replace(flow, attempted_at=turn.now)
    setup = steps.with_flow(turn.setup, marked)
    await turn.save(setup)
    made = await turn.managed.flows.create(turn.template(flow).plan(flow.metric_id))
    return _found(setup, marked, made, ours=True)


def _found(setup: Setup, flow: SetupFlow, state: FlowState, *, ours: bool) -> Setup:
    made = setup.made if not ours or state.id in setup.made else (*setup.made, state.id)
    found = replace(flow, flow_id=state.id, name=state.name, attempted_at=None)
    return steps.with_flow(replace(setup, made=made), found)


async def _activate(turn: Turn, flow: SetupFlow) -> Setup | Wait:
    """Switch the flow live, or verify the one that is; never beside another live one."""
    manager = turn.managed.flows
    on_metric = await manager.flows_on(flow.metric_id)
    state = await manager.read(flow.flow_id)
    others = diagnosis.doubles(state, flow.metric, on_metric)
    if state.is_live or state.archived or others:
        return _judged(turn.setup, flow, state, [*others, *diagnosis.flaws(state)])
    state = await manager.activate(flow.flow_id)
    problems = diagnosis.flaws(state)
    if any(problem.blocks for problem in problems):
        return _judged(turn.setup, flow, state, problems)
    return steps.with_flow(turn.setup, replace(flow, live=True))


def _judged(setup: Setup, flow: SetupFlow, state: FlowState, problems: Sequence[Problem]) -> Setup:
    seen = seen_in(flow, state, problems)
    if not seen.verified:
        return _stop(setup, seen, problems)
    return steps.with_flow(setup, seen)


def seen_in(flow: SetupFlow, state: FlowState, problems: Sequence[Problem]) -> SetupFlow:
    """Keep what the provider shows of a flow."""
    granted = all(message.transactional for message in state.messages) if state.messages else None
    return replace(
        flow,
        name=state.name,
        flow_id=state.id,
        live=state.texts if state.is_read else state.is_live,
        transactional=granted,
        verified=not any(problem.blocks for problem in problems),
        problems=tuple(problems),
    )


def _stop(setup: Setup, flow: SetupFlow, problems: Sequence[Problem]) -> Setup:
    first = next(problem for problem in problems if problem.blocks)
    kept = steps.with_flow(setup, replace(flow, problems=tuple(problems)))
    return steps.fail(kept, code=first.code, reason=first.cause, fix=first.fix)
