"""What is wrong with a flow that should text shoppers: pure (R93, R95, R103, R104)."""

from collections.abc import Sequence
from dataclasses import dataclass

from saleor_stoq_app.providers.flows import FlowState
from saleor_stoq_app.setup.problems import Code, Problem, Severity

SHOWN_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The flow that was meant, if there is one, what is wrong with it, and names that come close."""

    flow: FlowState | None
    problems: tuple[Problem, ...]
    near: tuple[FlowState, ...] = ()

    @property
    def verified(self) -> bool:
        return self.flow is not None and not any(problem.blocks for problem in self.problems)


def diagnose(
    name: str,
    metric: str,
    metric_id: str,
    *,
    named: Sequence[FlowState],
    on_metric: Sequence[FlowState],
    near: Sequence[FlowState] = (),
) -> Diagnosis:
    """Judge the flow of exactly this name on this metric; `named` and `on_metric` are what was found."""
    on_it = {flow.id for flow in on_metric}
    exact = [flow for flow in named if flow.name == name]
    here = [flow for flow in exact if flow.id in on_it or flow.metric_id == metric_id]
    if here:
        flow = here[0]
        return Diagnosis(flow, (*flaws(flow), *doubles(flow, metric, on_metric)))
    if exact:
        return Diagnosis(exact[0], (other_metric(exact[0], metric), *flaws(exact[0])))
    others = [flow for flow in on_metric if not flow.archived]
    missing = other_name(name, metric, others) if others else no_such_flow(name, near)
    return Diagnosis(None, (missing,), (*others, *(flow for flow in near if flow.id not in on_it)))


def flaws(flow: FlowState) -> tuple[Problem, ...]:
    """Say what keeps this flow from texting."""
    if flow.archived:
        return (_archived(flow),)
    draft = () if flow.status == "live" else (_not_live(flow),)
    return (*draft, *_message_flaws(flow))


def doubles(flow: FlowState, metric: str, on_metric: Sequence[FlowState]) -> tuple[Problem, ...]:
    """Say which other flows would text the same shopper once more (R93)."""
    others = [other for other in on_metric if other.is_live and other.id != flow.id]
    return (several_live([flow, *others], metric),) if others else ()


def several_live(flows: Sequence[FlowState], metric: str) -> Problem:
    return Problem(
        Code.SEVERAL_LIVE_FLOWS,
        "Shoppers may get the same text more than once.",
        f'Several live flows are triggered by "{metric}": {_names(flows)}.',
        "Keep one of them live and pause the others in Klaviyo.",
    )


def other_metric(flow: FlowState, metric: str) -> Problem:
    return Problem(
        Code.OTHER_METRIC,
        "Flow verification fails.",
        f'The flow "{flow.name}" is not triggered by the metric "{metric}" of this connection.',
        f'Create a flow whose trigger is the metric "{metric}"; a trigger cannot be changed later.',
    )


def other_name(name: str, metric: str, others: Sequence[FlowState]) -> Problem:
    return Problem(
        Code.OTHER_NAME,
        "Flow verification fails.",
        f'No flow is named exactly "{name}"; "{metric}" triggers {_names(others)}.',
        "Enter that name, with its capitals and spaces, or rename the flow in Klaviyo.",
    )


def no_such_flow(name: str, near: Sequence[FlowState] = ()) -> Problem:
    close = f" Close to it: {_names(near)}." if near else ""
    return Problem(
        Code.NO_SUCH_FLOW,
        "Flow verification fails.",
        f'Klaviyo has no flow named exactly "{name}".{close}',
        "Check the exact name in Klaviyo, with its capitals and spaces, and enter it again.",
    )


def not_listed(metric: str) -> Problem:
    return Problem(
        Code.METRIC_NOT_LISTED,
        "Flow verification fails.",
        f'Klaviyo does not list the metric "{metric}" of this connection yet.',
        "Wait a minute and verify again.",
    )


def _archived(flow: FlowState) -> Problem:
    return Problem(
        Code.FLOW_ARCHIVED,
        "SMS not received after restock.",
        f'The flow "{flow.name}" is archived.',
        "Restore the flow in Klaviyo and set it live.",
    )


def _not_live(flow: FlowState) -> Problem:
    return Problem(
        Code.FLOW_NOT_LIVE,
        "SMS not received after restock.",
        f'The flow "{flow.name}" is not live: its status is {flow.status}.',
        "Open the flow in Klaviyo and set it live.",
    )


def _message_flaws(flow: FlowState) -> tuple[Problem, ...]:
    if not flow.is_read:
        return ()
    if not flow.messages:
        return (
            Problem(
                Code.NO_MESSAGE,
                "SMS not received after restock.",
                f'The flow "{flow.name}" has no SMS action.',
                "Add an SMS action to the flow in Klaviyo.",
            ),
        )
    silent = (_silent(flow),) if flow.silent_messages else ()
    return (*silent, *((_smart(flow),) if flow.skips_the_second_text else ()))


def _silent(flow: FlowState) -> Problem:
    all_silent = len(flow.silent_messages) == len(flow.messages)
    status = ", ".join(sorted({message.status for message in flow.silent_messages}))
    return Problem(
        Code.MESSAGE_NOT_LIVE,
        "SMS not received after restock.",
        f'{"The" if all_silent else "An"} SMS action of the flow "{flow.name}" is not live: {status}.',
        "Open the SMS action of the flow in Klaviyo and set it live.",
        Severity.ERROR if all_silent else Severity.WARNING,
    )


def _smart(flow: FlowState) -> Problem:
    return Problem(
        Code.SMART_SENDING,
        "A shopper who waits for two products hears of one only.",
        f'Smart sending is switched on in the flow "{flow.name}".',
        "Switch smart sending off in the flow's SMS action.",
        Severity.WARNING,
    )


def _names(flows: Sequence[FlowState]) -> str:
    shown = ", ".join(f'"{flow.name}"' for flow in flows[:SHOWN_AT_MOST])
    more = len(flows) - SHOWN_AT_MOST
    return f"{shown} and {more} more" if more > 0 else shown
