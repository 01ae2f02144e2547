"""Which flow to use where some may be there already: pure. Never two flows for one metric (R93)."""

from collections.abc import Collection, Sequence

from saleor_stoq_app.providers.flows import FlowState
from saleor_stoq_app.setup.steps import SetupFlow


def live(found: Sequence[FlowState]) -> list[FlowState]:
    return [flow for flow in found if flow.is_live]


def on_metric(found: Sequence[FlowState], flow: SetupFlow) -> list[FlowState]:
    """Return each flow once that the metric triggers, of those found by metric and by name."""
    here = {one.id: one for one in found if one.metric_id == flow.metric_id}
    return sorted(here.values(), key=lambda one: one.id)


def usable(found: Sequence[FlowState], flow: SetupFlow, made: Collection[str]) -> FlowState | None:
    """Return the live flow, else one that we made, else one with our name; others are a merchant's drafts."""
    running = live(found)
    if running:
        return running[0]
    awake = [one for one in found if not one.archived]
    ours = [one for one in awake if one.id in made]
    named = [one for one in awake if one.name == flow.name]
    return next(iter([*ours, *named]), None)


def is_ours(state: FlowState, flow: SetupFlow, made: Collection[str]) -> bool:
    """Tell whether we made it: surely, or in an attempt whose answer was lost after none was there."""
    return state.id in made or (flow.attempted_at is not None and state.name == flow.name)
