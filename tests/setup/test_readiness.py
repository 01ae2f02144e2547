"""Every row of the help page's troubleshooting table is a problem with its fix (R99 to R106, R111)."""

from dataclasses import replace

import pytest

from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.base import Connection, ProviderId
from saleor_stoq_app.providers.flows import SetupMethod, SmsStatus, SmsSwitch
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo.flow_table import PREORDER
from saleor_stoq_app.setup import steps
from saleor_stoq_app.setup.diagnosis import no_such_flow
from saleor_stoq_app.setup.gate import may_send
from saleor_stoq_app.setup.problems import Code, Severity
from saleor_stoq_app.setup.readiness import Situation, assess
from saleor_stoq_app.setup.reading import app_problems
from saleor_stoq_app.setup.steps import Setup, SetupFlow, Step
from saleor_stoq_app.setup.store import Place

CONNECTION = Connection("c", "s", "oauth", "", frozenset(SPEC.scopes), "AbC123", "Acme", 1)
FLOW = SetupFlow("alert", "Metric", "Flow", metric_id="M", flow_id="F", live=True, verified=True)
READY = Setup(Step.READY, SetupMethod.AUTOMATIC, 1, flows=(FLOW,))
FINE = Situation(SPEC, CONNECTION, READY, sms=SmsStatus(SmsSwitch.ON))
PLACE = Place("s", AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)


def seen(**changes):
    return assess(replace(FINE, **changes))


def test_where_all_is_well_nothing_is_said():
    assert assess(FINE) == []


FAILED = steps.fail(Setup(Step.CREATING_FLOWS, generation=1), code="X", reason="Klaviyo said no.", fix="")
ROWS = {
    "R99": (
        {"plan_refuses": "The Free plan does not support it."},
        Code.PLAN_TOO_SMALL,
        "Upgrade to a paid plan",
    ),
    "R100": ({"connection": None}, Code.NOT_CONNECTED, "Click Connect and authorise"),
    "R101": (
        {"connection": replace(CONNECTION, scopes=CONNECTION.scopes - {"flows:write"})},
        Code.AUTOMATIC_UNAVAILABLE,
        "flows:write",
    ),
    "R94": (
        {"connection": replace(CONNECTION, kind="api_key")},
        Code.AUTOMATIC_UNAVAILABLE,
        "choose manual setup",
    ),
    "R102": ({"setup": FAILED}, Code.AUTOMATIC_FAILED, "try again, or switch to manual setup"),
    "R103": (
        {"setup": replace(READY, flows=(replace(FLOW, verified=False, problems=(no_such_flow("x"),)),))},
        Code.NO_SUCH_FLOW,
        "Check the exact name",
    ),
    "R104": (
        {"sms": SmsStatus(SmsSwitch.OFF, why="SMS is disabled in Klaviyo.")},
        Code.SMS_OFF,
        "SMS plan",
    ),
    "R105": ({"setup": Setup()}, Code.SETUP_INCOMPLETE, 'Go to "Send SMS through"'),
    "R106": ({"tested": True}, Code.TEST_NOT_RECEIVED, "quiet hours settings"),
    "R111": ({"connection": replace(CONNECTION, problem="Revoked.")}, Code.CONNECTION_LOST, "again"),
}


@pytest.mark.parametrize(("changes", "code", "fix"), ROWS.values(), ids=ROWS)
def test_each_row_of_the_table_is_told_with_its_fix(changes, code, fix):
    """R94, R99 to R106, R111."""
    (problem,) = [problem for problem in seen(**changes) if problem.code is code]
    assert fix in problem.fix
    assert problem.symptom
    assert problem.cause


def test_an_incomplete_set_up_is_told_in_the_help_pages_words():
    """R105."""
    (problem,) = seen(setup=Setup())
    assert problem.symptom == "Klaviyo setup incomplete"


def test_another_account_makes_the_set_up_void():
    assert Code.ACCOUNT_CHANGED in {p.code for p in seen(connection=replace(CONNECTION, generation=2))}


def test_what_a_missing_scope_costs_is_told():
    """R11."""
    problems = seen(connection=replace(CONNECTION, scopes=CONNECTION.scopes - {"profiles:read"}))
    assert [(p.code, "alerts wait" in p.symptom) for p in problems] == [(Code.SCOPE_MISSING, True)]


def test_an_unknown_sms_switch_is_told_without_alarm():
    (problem,) = seen(sms=SmsStatus(SmsSwitch.UNKNOWN, why="Not granted."))
    assert (problem.code, problem.severity) == (Code.SMS_UNKNOWN, Severity.INFO)


def test_what_klaviyo_made_of_transactional_is_told():
    """R87."""
    flow = replace(FLOW, key=PREORDER.key, transactional=False)
    assert [p.code for p in seen(setup=replace(READY, flows=(flow,)))] == [Code.NOT_TRANSACTIONAL]
    assert seen(setup=replace(READY, flows=(replace(flow, transactional=True),))) == []


def test_errors_come_first():
    problems = seen(connection=None, tested=True, setup=Setup())
    assert [p.severity for p in problems] == sorted(
        (p.severity for p in problems), key=["error", "warning", "info"].index
    )


def test_saleor_hears_of_errors_under_stable_keys_and_of_their_end():
    said = app_problems(PLACE, tuple(seen(connection=None)))
    assert said["setup:klaviyo:sms:back_in_stock:not_connected"].startswith("Connect your Klaviyo account")
    assert all(message is None for message in app_problems(PLACE, ()).values())
    assert all(3 <= len(key) <= 128 for key in said)


@pytest.mark.parametrize(
    ("setup", "generation", "may"),
    [
        (READY, 1, True),
        (READY, 2, False),
        (Setup(), 1, False),
        (replace(READY, flows=(replace(FLOW, verified=False),)), 1, False),
        (replace(READY, step=Step.MANUAL), 1, True),
    ],
)
def test_alerts_leave_only_while_their_own_flow_is_verified_for_this_connection(setup, generation, may):
    """R105."""
    assert may_send(setup, "alert", generation) is may
    assert not may_send(setup, "reminder-1", generation)
