"""The endpoints that make, switch, change and delete flows (klaviyo.md section 5)."""

from typing import Any

from saleor_stoq_app.sandbox.klaviyo import flow_reviews
from saleor_stoq_app.sandbox.klaviyo.answers import GONE, Answer
from saleor_stoq_app.sandbox.klaviyo.calls import Call
from saleor_stoq_app.sandbox.klaviyo.contract import parse
from saleor_stoq_app.sandbox.klaviyo.flow_bodies import ACTION_CHANGE, FLOW_CHANGE, NEW_FLOW, SMS_DEFAULTS
from saleor_stoq_app.sandbox.klaviyo.flow_definitions import AT, define, next_of, read_action, stored_action
from saleor_stoq_app.sandbox.klaviyo.flows import Flow
from saleor_stoq_app.sandbox.klaviyo.refusals import conflict, invalid, not_found

Json = dict[str, Any]


def create_flow(call: Call) -> Answer:
    """Make a draft; nothing is compared with what is there: a repeat makes a second flow."""
    asked = parse(NEW_FLOW, call.body)["data"]["attributes"]
    account, now = call.account, call.now
    definition = define(account, asked["definition"], now)
    flow = Flow(account.ids.short(), asked["name"], "draft", definition, now, now)
    for action in flow.texts:
        if account.flow_rules.leaves_messages_draft:
            action["data"]["status"] = "draft"
        flow_reviews.ask(account, flow, action, now)
    return call.one(call.shape.flow(account.flows.add(flow)), status=201)


def change_flow(call: Call) -> Answer:
    """Switch a flow and all its texts, or all but its texts (see `FlowRules`)."""
    data = parse(FLOW_CHANGE, call.body)["data"]
    _check_id(call, data["id"])
    flow = call.account.flows.by_id.get(call.ident)
    if flow is None:
        raise not_found(f"A flow with id {call.ident} does not exist.")
    if flow.archived:
        raise invalid("/data/attributes/status", "An archived flow cannot be changed: restore it first.")
    leaves = call.account.flow_rules.leaves_messages_draft
    flow.switch(data["attributes"]["status"], call.now, messages=not leaves)
    return call.one(call.shape.flow(flow))


def delete_flow(call: Call) -> Answer:
    if call.account.flows.by_id.pop(call.ident, None) is None:
        raise not_found(f"A flow with id {call.ident} does not exist.")
    return GONE


def show_action(call: Call) -> Answer:
    flow, action = _find(call)
    return call.one(call.shape.flow_action(flow, action))


def change_action(call: Call) -> Answer:
    """Put an action in the place of what it was: same id, same type, same place in the flow."""
    data = parse(ACTION_CHANGE, call.body)["data"]
    _check_id(call, data["id"])
    flow, action = _find(call)
    asked = read_action(data["attributes"]["definition"], AT)
    _check_same(action, asked)
    if asked["type"] == "send-sms":
        _check_message(flow, action, asked)
    ids = {one["id"]: one["id"] for one in flow.definition["actions"]}
    message_id = action["data"].get("message", {}).get("id", "")
    _put(call, flow, action, stored_action(asked, action["id"], ids, message_id)["data"])
    return call.one(call.shape.flow_action(flow, action))


def _put(call: Call, flow: Flow, action: Json, data: Json) -> None:
    """Keep the new data; an edited message loses the transactional mark and has to ask for it again."""
    before = action["data"].get("message")
    flow.updated, action["data"] = call.now, data
    if before is not None and (data["message"] == before or action["id"] in flow.in_review):
        data["message"] = before
    else:
        flow_reviews.ask(call.account, flow, action, call.now)


def _find(call: Call) -> tuple[Flow, Json]:
    for flow in call.account.flows.by_id.values():
        for action in flow.definition["actions"]:
            if action["id"] == call.ident:
                return flow, action
    raise not_found(f"A flow action with id {call.ident} does not exist.")


def _check_id(call: Call, given: str) -> None:
    if given != call.ident:
        raise conflict(f"The id {given} is not the id in the path.")


def _check_same(action: Json, asked: Json) -> None:
    if asked["type"] != action["type"]:
        raise invalid(f"{AT}/type", "The type of an action cannot be changed.")
    if asked.get("id", action["id"]) != action["id"] or asked.get("temporary_id") is not None:
        raise invalid(f"{AT}/id", "An action is known by its own id.")
    if next_of(asked) != next_of(action):
        raise invalid(f"{AT}/links", "The place of an action cannot be changed.")


def _check_message(flow: Flow, action: Json, asked: Json) -> None:
    message, kept = asked["data"]["message"], action["data"]["message"]
    # Second-hand (klaviyo.md section 5): the nulls that a GET shows are refused when they are sent back.
    for name in (name for name, value in message.items() if value is None):
        raise invalid(f"{AT}/data/message/{name}", f"'{name}' must not be null.")
    if message.get("id", kept.get("id")) != kept.get("id"):
        raise invalid(f"{AT}/data/message/id", "A message is known by its own id.")
    without_mark = {"transactional": None}
    same = {**kept, **without_mark} == {**SMS_DEFAULTS, **message, "id": kept.get("id"), **without_mark}
    if action["id"] in flow.in_review and not same:
        raise invalid(f"{AT}/data/message", "The message is under review and cannot be edited.")
