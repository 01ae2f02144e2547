"""Flows: what an account does when a metric gets an event (klaviyo.md section 5)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from saleor_stoq_app.sandbox.klaviyo.flow_bodies import SMS_DEFAULTS

Action = dict[str, Any]


@dataclass(slots=True)
class FlowRules:
    """What Klaviyo makes of wishes that its documents leave open."""

    leaves_messages_draft: bool = False
    """Whether switching a flow live leaves its texts as drafts."""
    transactional: Literal["grants", "reviews", "refuses"] = "reviews"
    """What becomes of a text that asks to be transactional."""


@dataclass(slots=True, eq=False)
class Flow:
    """A flow with the definition that Klaviyo's API would show."""

    id: str
    name: str
    status: str
    definition: dict[str, Any]
    created: datetime
    updated: datetime
    trigger_type: str = "Metric"
    archived: bool = False
    in_review: set[str] = field(default_factory=set)
    """Ids of actions whose texts wait for the transactional mark."""
    entered: dict[str, datetime] = field(default_factory=dict)
    """When each profile entered last, by profile id."""

    @property
    def metric_id(self) -> str | None:
        trigger = self.definition["triggers"][0]
        return trigger["id"] if trigger["type"] == "metric" else None

    @property
    def runs(self) -> bool:
        return self.status == "live" and not self.archived

    @property
    def texts(self) -> list[Action]:
        """Return every send-sms action."""
        return [action for action in self.definition["actions"] if action["type"] == "send-sms"]

    def action(self, action_id: str | None) -> Action | None:
        return next((one for one in self.definition["actions"] if one["id"] == action_id), None)

    def switch(self, status: str, now: datetime, *, messages: bool = True) -> None:
        """Set the status of the flow and, unless `messages` is false, of its texts."""
        self.status, self.updated = status, now
        for action in self.texts if messages else ():
            action["data"]["status"] = status

    def lets_in_again(self, profile_id: str, now: datetime) -> bool:
        """Tell whether somebody may enter now, by the flow's re-entry criteria."""
        last = self.entered.get(profile_id)
        criteria = self.definition.get("reentry_criteria")
        if last is None or criteria is None:
            return True
        unit, duration = criteria["unit"], criteria["duration"]
        if unit == "alltime":
            return bool(duration == 0)
        return now - last >= timedelta(**{f"{unit}s": duration})


class Flows:
    """The flows of an account; names are not unique."""

    def __init__(self) -> None:
        self.by_id: dict[str, Flow] = {}

    def add(self, flow: Flow) -> Flow:
        self.by_id[flow.id] = flow
        return flow

    def named(self, name: str) -> list[Flow]:
        return [flow for flow in self.by_id.values() if flow.name == name]

    def on(self, metric_id: str) -> list[Flow]:
        """Return all flows that a metric triggers, whatever their names and status."""
        return [flow for flow in self.by_id.values() if flow.metric_id == metric_id]


def sms_definition(
    metric_id: str, action_id: str, body: str, *, status: str, smart_sending: bool, quiet_hours: bool
) -> dict[str, Any]:
    """Define a flow that texts `body` once."""
    message = {
        **SMS_DEFAULTS,
        "name": "Text",
        "body": body,
        "add_opt_out_language": True,
        "smart_sending_enabled": smart_sending,
        "sms_quiet_hours_enabled": quiet_hours,
        "id": f"M{action_id[-5:]}",
    }
    action = {
        "id": action_id,
        "type": "send-sms",
        "links": {"next": None},
        "data": {"message": message, "status": status},
    }
    return {
        "triggers": [{"type": "metric", "id": metric_id, "trigger_filter": None}],
        "profile_filter": None,
        "actions": [action],
        "entry_action_id": action_id,
        "reentry_criteria": {"duration": 0, "unit": "alltime"},
    }
