"""Flows: what an account does when a metric gets an event (klaviyo.md section 5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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

    @property
    def metric_id(self) -> str | None:
        trigger = self.definition["triggers"][0]
        return trigger["id"] if trigger["type"] == "metric" else None

    @property
    def runs(self) -> bool:
        return self.status == "live" and not self.archived

    def texts(self) -> Iterator[dict[str, Any]]:
        """Yield the data of every send-sms action, in the order of the flow."""
        actions = {action["id"]: action for action in self.definition["actions"]}
        current = self.definition["entry_action_id"]
        while current is not None:
            if actions[current]["type"] == "send-sms":
                yield actions[current]["data"]
            current = actions[current]["links"]["next"]


class Flows:
    """The flows of an account; names are not unique."""

    def __init__(self) -> None:
        self.by_id: dict[str, Flow] = {}

    def add(self, flow: Flow) -> Flow:
        self.by_id[flow.id] = flow
        return flow

    def on(self, metric_id: str) -> list[Flow]:
        """Return all flows that a metric triggers, whatever their names and status."""
        return [flow for flow in self.by_id.values() if flow.metric_id == metric_id]


def sms_definition(
    metric_id: str, action_id: str, body: str, *, status: str, smart_sending: bool, quiet_hours: bool
) -> dict[str, Any]:
    """Define a flow that texts `body` once."""
    message = {
        "name": "Text",
        "body": body,
        "shorten_links": True,
        "include_contact_card": False,
        "add_org_prefix": True,
        "add_info_link": True,
        "add_opt_out_language": True,
        "smart_sending_enabled": smart_sending,
        "sms_quiet_hours_enabled": quiet_hours,
        "transactional": False,
        "add_tracking_params": False,
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
