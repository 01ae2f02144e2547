"""Flows are written as Klaviyo documents them, and read whatever they look like."""

import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.events import BACK_IN_STOCK_VARIABLES, AlertType
from saleor_stoq_app.providers.base import FlowMessage, FlowState
from saleor_stoq_app.providers.klaviyo.flow_body import flow_state, new_flow, new_status
from saleor_stoq_app.providers.klaviyo.flow_table import (
    ALERT,
    PREORDER,
    PREORDER_VARIABLES,
    REMINDER_1,
    TEMPLATES,
)

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["attributes", "definition", "triggers", "actions", "data", "message", "type", "id", "status"]
            ),
            inner | st.just("send-sms") | st.just("metric"),
            max_size=5,
        )
    ),
)


def definition(template):
    return orjson.loads(new_flow(template.plan("RK9XjM")))["data"]["attributes"]["definition"]


def message(template):
    return definition(template)["actions"][0]["data"]["message"]


def test_flows_and_metrics_are_named_as_the_help_page_names_them():
    """R33 to R35, R42, R114."""
    assert [(each.name, each.metric) for each in (ALERT, REMINDER_1, PREORDER)] == [
        ("STOQ - Back in stock SMS alert (STOQ)", "Back in stock SMS alert (STOQ)"),
        ("STOQ - Back in stock SMS reminder 1 (STOQ)", "Back in stock SMS reminder 1 (STOQ)"),
        ("STOQ - Preorder SMS confirmed (STOQ)", "Preorder SMS confirmed (STOQ)"),
    ]


def test_an_alert_type_has_its_own_flows_and_no_others():
    """R36."""
    assert dict(TEMPLATES) == {
        AlertType.BACK_IN_STOCK: (ALERT, REMINDER_1),
        AlertType.PREORDER: (PREORDER,),
    }


@pytest.mark.parametrize("template", [ALERT, REMINDER_1, PREORDER], ids=lambda each: each.key)
def test_a_text_uses_variables_that_its_events_have(template):
    """R57 to R79."""
    used = re.findall(r"\{\{ event\.(\w+)", template.body)

    assert used
    assert set(used) <= set(template.variables)
    assert template.body.count("{") == 2 * len(used)


@pytest.mark.parametrize("template", [ALERT, REMINDER_1, PREORDER], ids=lambda each: each.key)
def test_the_words_of_a_text_leave_room_for_the_variables_in_one_segment(template):
    words = re.sub(r"\{\{.*?\}\}", "", template.body)

    assert words.isascii()
    assert len(words) < 70


def test_the_variables_are_counted():
    assert (len(BACK_IN_STOCK_VARIABLES), len(PREORDER_VARIABLES)) == (12, 11)


@pytest.mark.parametrize("template", [ALERT, REMINDER_1, PREORDER], ids=lambda each: each.key)
def test_every_flow_may_be_entered_again_by_everybody_on_its_metric(template):
    written = definition(template)

    assert written["triggers"] == [{"type": "metric", "id": "RK9XjM", "trigger_filter": None}]
    assert written["reentry_criteria"] == {"duration": 0, "unit": "alltime"}
    assert written["profile_filter"] is None
    assert written["entry_action_id"] == written["actions"][0]["temporary_id"]


@pytest.mark.parametrize("template", [ALERT, REMINDER_1], ids=lambda each: each.key)
def test_an_alert_is_never_skipped_keeps_quiet_hours_and_shows_the_way_out(template):
    """R86."""
    text = message(template)

    assert text["smart_sending_enabled"] is False
    assert text["sms_quiet_hours_enabled"] is True
    assert text["add_opt_out_language"] is True
    assert text["transactional"] is False


def test_a_preorder_confirmation_is_asked_for_as_transactional():
    """R87."""
    text = message(PREORDER)

    assert text["transactional"] is True
    assert text["smart_sending_enabled"] is False
    assert text["sms_quiet_hours_enabled"] is True
    assert text["add_opt_out_language"] is False


def test_a_status_names_its_flow():
    assert orjson.loads(new_status("T23ivh", "live")) == {
        "data": {"type": "flow", "id": "T23ivh", "attributes": {"status": "live"}}
    }


def test_a_flow_is_read_to_its_texts():
    action = {
        "id": "116",
        "type": "send-sms",
        "data": {
            "status": "manual",
            "message": {
                "smart_sending_enabled": False,
                "sms_quiet_hours_enabled": True,
                "transactional": True,
            },
        },
    }
    delay = {"id": "115", "type": "time-delay", "data": {"unit": "days", "value": 1}}
    shown = {
        "name": "N",
        "status": "live",
        "archived": False,
        "definition": {"triggers": [{"type": "metric", "id": "M1"}], "actions": [delay, action]},
    }

    state = flow_state({"type": "flow", "id": "T23ivh", "attributes": shown})

    text = FlowMessage("116", "manual", smart_sending=False, quiet_hours=True, transactional=True)
    assert state == FlowState("T23ivh", "N", "live", False, "M1", (text,), True)
    assert (state.is_live, state.texts, state.silent_messages) == (True, False, (text,))


def test_what_a_text_does_not_say_is_as_klaviyo_has_it_by_default():
    shown = {"status": "live", "definition": {"actions": [{"id": "1", "type": "send-sms"}]}}

    (text,) = flow_state({"id": "F1", "attributes": shown}).messages

    assert text == FlowMessage("1", "draft", smart_sending=True, quiet_hours=True, transactional=False)


def test_a_flow_that_a_list_triggers_has_no_metric():
    shown = {"definition": {"triggers": [{"type": "list", "id": "L1"}], "actions": []}}

    state = flow_state({"id": "F1", "attributes": shown}, metric_id="M1")

    assert (state.metric_id, state.is_read, state.messages) == (None, True, ())


@pytest.mark.parametrize(
    ("status", "archived", "text", "live", "texts"),
    [
        ("live", False, "live", True, True),
        ("live", False, "draft", True, False),
        ("live", True, "live", False, False),
        ("manual", False, "live", False, False),
        ("draft", False, "live", False, False),
    ],
)
def test_a_flow_texts_when_it_and_its_text_are_live(status, archived, text, live, texts):
    message = FlowMessage("1", text, smart_sending=True, quiet_hours=True, transactional=False)
    state = FlowState("F1", "N", status, archived, "M1", (message,), True)

    assert (state.is_live, state.texts) == (live, texts)
    assert state.skips_the_second_text


@given(st.dictionaries(st.sampled_from(["id", "attributes"]), ODD))
def test_any_flow_can_be_read(shown):
    state = flow_state(shown)

    assert isinstance(state, FlowState)
    assert state.metric_id is None or state.metric_id
