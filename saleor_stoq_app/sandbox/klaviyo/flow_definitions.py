"""A flow's definition on its way in: every action checked, joined up, and given its real id."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from saleor_stoq_app.sandbox.klaviyo import flow_filters
from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.contract import check
from saleor_stoq_app.sandbox.klaviyo.flow_bodies import (
    DELAY_DEFAULTS,
    SEND_SMS,
    SMS_DEFAULTS,
    TIME_DELAY,
    Definition,
    Trigger,
)
from saleor_stoq_app.sandbox.klaviyo.refusals import invalid

Json = dict[str, Any]
AT = "/data/attributes/definition"
ALWAYS = {"duration": 0, "unit": "alltime"}


def define(account: Account, asked: Definition, now: datetime) -> Json:
    """Return the definition as Klaviyo keeps it.

    Raises:
        Refused: the trigger, a filter, an action or the way through them is wrong.
    """
    trigger = asked["triggers"][0]
    _check_trigger(account, trigger, now)
    flow_filters.check_profile_filter(asked.get("profile_filter"), f"{AT}/profile_filter")
    actions = [read_action(one, f"{AT}/actions/{i}") for i, one in enumerate(asked["actions"])]
    names = [_temporary_id(action, f"{AT}/actions/{i}") for i, action in enumerate(actions)]
    _check_way(names, actions, asked["entry_action_id"])
    ids = {name: account.ids.number() for name in names}
    return {
        "triggers": [{"trigger_filter": None, **trigger}],
        "profile_filter": asked.get("profile_filter"),
        "actions": [
            stored_action(action, ids[name], ids, account.ids.short())
            for name, action in zip(names, actions, strict=True)
        ],
        "entry_action_id": ids.get(asked["entry_action_id"] or ""),
        "reentry_criteria": asked.get("reentry_criteria", ALWAYS),
    }


def read_action(given: Json, pointer: str) -> Json:
    """Check one action by its type."""
    kind = given.get("type")
    if kind not in {"send-sms", "time-delay"}:
        said = f"'{kind}' is no action that the sandbox knows: it knows send-sms and time-delay."
        raise invalid(f"{pointer}/type", said)
    found = check(SEND_SMS, given, pointer) if kind == "send-sms" else check(TIME_DELAY, given, pointer)
    return {**found}


def stored_action(action: Json, ident: str, ids: Mapping[str, str], message_id: str) -> Json:
    """Return an action as Klaviyo keeps it: with real ids and every default."""
    following = next_of(action)
    data = action["data"]
    if action["type"] == "send-sms":
        message = {**SMS_DEFAULTS, **data["message"], "id": message_id}
        data = {"message": message, "status": data.get("status", "draft")}
    else:
        data = {**DELAY_DEFAULTS, **data}
    links = {"next": None if following is None else ids[following]}
    return {"id": ident, "type": action["type"], "links": links, "data": data}


def next_of(action: Json) -> str | None:
    """Return which action a linear one leads to; a split's branches are not followed."""
    following: str | None = (action.get("links") or {}).get("next")
    return following


def _check_trigger(account: Account, trigger: Trigger, now: datetime) -> None:
    metric = account.metrics.by_id.get(trigger["id"])
    if metric is None or metric.listed_at > now:
        raise invalid(f"{AT}/triggers/0/id", f"Metric with id {trigger['id']} does not exist.")
    pointer = f"{AT}/triggers/0/trigger_filter"
    flow_filters.check_trigger_filter(trigger.get("trigger_filter"), metric.id, pointer)


def _temporary_id(action: Json, pointer: str) -> str:
    name: str | None = action.get("temporary_id")
    if action.get("id") is not None:
        raise invalid(f"{pointer}/id", "'id' must not be given for a new action: use 'temporary_id'.")
    if action["type"] == "send-sms" and action["data"]["message"].get("id") is not None:
        raise invalid(f"{pointer}/data/message/id", "'id' must not be given for a new message.")
    if name is None:
        raise invalid(f"{pointer}/temporary_id", "'temporary_id' is a required field for a new action.")
    return name


def _check_way(names: list[str], actions: list[Json], entry: str | None) -> None:
    """Demand that the entry leads through every action once."""
    if len(set(names)) != len(names):
        raise invalid(f"{AT}/actions", "'temporary_id' must be unique.")
    by_name = dict(zip(names, actions, strict=True))
    passed: list[str] = []
    current = entry
    while current is not None:
        pointer = f"{AT}/actions/{names.index(passed[-1])}/links/next" if passed else f"{AT}/entry_action_id"
        if current not in by_name:
            raise invalid(pointer, f"There is no action '{current}'.")
        if current in passed:
            raise invalid(pointer, "A flow must not run in a circle.")
        passed.append(current)
        current = next_of(by_name[current])
    if len(passed) != len(names):
        raise invalid(f"{AT}/actions", "Every action must be reached from 'entry_action_id'.")
