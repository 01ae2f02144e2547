"""What keeps texts from going out, row by row of the help page's table (R99 to R106, R111): pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from saleor_stoq_app.providers.base import Connection, ProviderSpec
from saleor_stoq_app.providers.flows import SetupMethod, SmsStatus, SmsSwitch
from saleor_stoq_app.setup.gate import INCOMPLETE
from saleor_stoq_app.setup.problems import Code, Problem, Severity
from saleor_stoq_app.setup.steps import Setup, SetupFlow, Step


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that decides; `plan_refuses` says why the plan does not allow the provider, or is "".

    `sms` is None where it was not asked; `tested`: a test event was sent.
    """

    spec: ProviderSpec
    connection: Connection | None
    setup: Setup
    plan_refuses: str = ""
    sms: SmsStatus | None = None
    tested: bool = False


def assess(seen: Situation) -> list[Problem]:
    """Return what is wrong, the most important first."""
    return sorted(_all(seen), key=lambda problem: ORDER.index(problem.severity))


ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def automatic_unavailable(spec: ProviderSpec, connection: Connection) -> str:
    """Say why automatic set-up is not offered, or return "" (R94, R101)."""
    needs = spec.setups.get(SetupMethod.AUTOMATIC)
    return f"{spec.label} makes no flows for us." if needs is None else needs.unmet(connection)


def _all(seen: Situation) -> Iterator[Problem]:
    if seen.plan_refuses:
        yield _plan(seen)
    if seen.connection is None:
        yield _not_connected(seen.spec)
    else:
        yield from _of_connection(seen, seen.connection)
    yield from _of_setup(seen)
    yield from _of_texting(seen)


def _plan(seen: Situation) -> Problem:
    return Problem(
        Code.PLAN_TOO_SMALL,
        f"The {seen.spec.label} option is greyed out.",
        seen.plan_refuses,
        "Upgrade to a paid plan.",
    )


def _not_connected(spec: ProviderSpec) -> Problem:
    return Problem(
        Code.NOT_CONNECTED,
        f"Connect your {spec.label} account",
        f"{spec.label} is not connected: SMS notifications stop until it is.",
        f"Click Connect and authorise in {spec.label}.",
    )


def _of_connection(seen: Situation, connection: Connection) -> Iterator[Problem]:
    label = seen.spec.label
    if connection.problem:
        yield Problem(
            Code.CONNECTION_LOST,
            f"{label} is disconnected: SMS notifications wait.",
            connection.problem,
            f"Connect {label} again.",
        )
    if seen.setup.step is not Step.NOT_STARTED and seen.setup.generation != connection.generation:
        yield Problem(
            Code.ACCOUNT_CHANGED,
            INCOMPLETE,
            f"Another {label} account, or another kind of connection, was connected after the setup.",
            "Set the flows up again, or verify them again.",
        )
    if why := automatic_unavailable(seen.spec, connection):
        yield _no_automatic(seen, connection, why)
    for scope, cost in seen.spec.costs_of(connection).items():
        yield _scope(label, scope, cost)


def _no_automatic(seen: Situation, connection: Connection, why: str) -> Problem:
    label, needs = seen.spec.label, seen.spec.setups.get(SetupMethod.AUTOMATIC)
    lacking = sorted(needs.scopes - connection.scopes) if needs else []
    by_oauth = (
        f"Disconnect and reconnect {label} by OAuth, granting {', '.join(lacking) or 'all'} permissions"
    )
    return Problem(
        Code.AUTOMATIC_UNAVAILABLE,
        "Automatic setup is not available.",
        why,
        f"{by_oauth}; or choose manual setup." if needs else "Choose manual setup.",
        Severity.INFO,
    )


def _scope(label: str, scope: str, cost: str) -> Problem:
    return Problem(
        Code.SCOPE_MISSING,
        cost,
        f"The connection was not granted {scope}.",
        f"Disconnect and reconnect {label} to grant {scope}.",
        Severity.WARNING,
    )


def _of_setup(seen: Situation) -> Iterator[Problem]:
    setup, failure = seen.setup, seen.setup.failure
    if failure is not None:
        symptom = "Automatic setup failed." if setup.step is Step.FAILED else "A metric could not be made."
        fix = failure.fix or "Wait a moment and try again, or switch to manual setup."
        yield Problem(Code.AUTOMATIC_FAILED, symptom, failure.reason, fix)
    if not setup.is_complete:
        yield incomplete(seen.spec.label, setup.flows)
    for flow in setup.flows:
        yield from flow.problems
        if _wants_mark(seen.spec, flow):
            yield _unmarked(flow)


def incomplete(label: str, flows: Sequence[SetupFlow]) -> Problem:
    """Return the warning on the SMS drawer (R105)."""
    missing = ", ".join(f'"{flow.metric}"' for flow in flows if not flow.verified)
    what = f"No flow is verified for {missing}." if missing else "The setup was not done."
    fix = f'Go to "Send SMS through" and complete the setup steps of {label}.'
    return Problem(Code.SETUP_INCOMPLETE, INCOMPLETE, what, fix)


def _wants_mark(spec: ProviderSpec, flow: SetupFlow) -> bool:
    wanted = {each.key for group in spec.templates.values() for each in group if each.transactional}
    return flow.verified and flow.key in wanted and flow.transactional is False


def _unmarked(flow: SetupFlow) -> Problem:
    return Problem(
        Code.NOT_TRANSACTIONAL,
        "Confirmations reach only shoppers who permitted marketing texts.",
        f'The flow "{flow.name}" is not marked transactional: Klaviyo reviews it, or refused it.',
        "Look at the flow's SMS action in Klaviyo and ask there for the mark.",
        Severity.WARNING,
    )


def _of_texting(seen: Situation) -> Iterator[Problem]:
    label = seen.spec.label
    if seen.sms is not None and seen.sms.switch is SmsSwitch.OFF:
        yield Problem(
            Code.SMS_OFF,
            "SMS not received after restock.",
            seen.sms.why,
            f"Activate the SMS plan in {label}.",
        )
    if seen.sms is not None and seen.sms.switch is SmsSwitch.UNKNOWN:
        yield Problem(
            Code.SMS_UNKNOWN,
            f"It is unknown whether SMS is switched on in {label}.",
            seen.sms.why,
            f"Look in {label} whether the SMS plan is active.",
            Severity.INFO,
        )
    if seen.tested:
        yield Problem(
            Code.TEST_NOT_RECEIVED,
            "Test event sent but no SMS received.",
            "The flow may be a draft, or SMS quiet hours are active.",
            f"Activate the flow and check the quiet hours settings of {label}.",
            Severity.INFO,
        )
