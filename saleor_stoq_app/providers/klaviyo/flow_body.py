"""Flows as Klaviyo's API writes them: one text on one metric, and its status. Pure (klaviyo.md section 5)."""

from collections.abc import Iterator
from typing import Any

import orjson

from saleor_stoq_app.providers.flows import FlowMessage, FlowPlan, FlowState
from saleor_stoq_app.providers.klaviyo.json_api import Item, part

TEXT = "send-sms"
ENTRY = "sms-1"
AGAIN_ALWAYS = {"duration": 0, "unit": "alltime"}


def new_flow(plan: FlowPlan) -> bytes:
    """Describe a flow that may be entered again and again; its text is a draft until it is activated."""
    text = {"temporary_id": ENTRY, "type": TEXT, "links": {"next": None}, "data": _text(plan)}
    definition = {
        "triggers": [{"type": "metric", "id": plan.metric_id, "trigger_filter": None}],
        "profile_filter": None,
        "actions": [text],
        "entry_action_id": ENTRY,
        "reentry_criteria": AGAIN_ALWAYS,
    }
    attributes = {"name": plan.name, "definition": definition}
    return orjson.dumps({"data": {"type": "flow", "attributes": attributes}})


def new_status(flow_id: str, status: str) -> bytes:
    return orjson.dumps({"data": {"type": "flow", "id": flow_id, "attributes": {"status": status}}})


def flow_state(flow: Item, *, metric_id: str | None = None) -> FlowState:
    """Read a flow; `metric_id` is what is known of its trigger where the definition is not shown."""
    shown = part(flow, "attributes")
    definition = part(shown, "definition")
    return FlowState(
        id=str(flow.get("id")),
        name=str(shown.get("name") or ""),
        status=str(shown.get("status") or ""),
        archived=shown.get("archived") is True,
        metric_id=_trigger(definition) if definition else metric_id,
        messages=tuple(_messages(definition)),
        is_read=bool(definition),
    )


def _text(plan: FlowPlan) -> dict[str, Any]:
    """Describe the text, with every field named whose default is not ours.

    Smart sending would leave out the second of two products that somebody waits for (klaviyo.md 0.11);
    opt-out language belongs to alerts (design section 6).
    """
    message = {
        "name": plan.name,
        "body": plan.body,
        "shorten_links": True,
        "add_org_prefix": True,
        "add_info_link": True,
        "add_opt_out_language": not plan.transactional,
        "smart_sending_enabled": False,
        "sms_quiet_hours_enabled": True,
        "transactional": plan.transactional,
        "add_tracking_params": False,
    }
    return {"status": "draft", "message": message}


def _trigger(definition: Item) -> str | None:
    triggers = definition.get("triggers")
    for trigger in triggers if isinstance(triggers, list) else ():
        if isinstance(trigger, dict) and trigger.get("type") == "metric" and trigger.get("id"):
            return str(trigger["id"])
    return None


def _messages(definition: Item) -> Iterator[FlowMessage]:
    """Read every text, on whichever branch; what is not said is as Klaviyo's defaults are."""
    actions = definition.get("actions")
    for action in actions if isinstance(actions, list) else ():
        if isinstance(action, dict) and action.get("type") == TEXT:
            message = part(action, "data", "message")
            yield FlowMessage(
                action_id=str(action.get("id")),
                status=str(part(action, "data").get("status") or "draft"),
                smart_sending=message.get("smart_sending_enabled") is not False,
                quiet_hours=message.get("sms_quiet_hours_enabled") is not False,
                transactional=message.get("transactional") is True,
            )
