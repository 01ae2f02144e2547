"""The transactional mark: asked for through the API, given by people at Klaviyo, lost on edit.

klaviyo.md section 5: a review of up to a day, the message locked meanwhile; what the API itself answers
is not documented, so the double can grant, review or refuse.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from saleor_stoq_app.sandbox.klaviyo.account import Account
from saleor_stoq_app.sandbox.klaviyo.flows import Flow


def ask(account: Account, flow: Flow, action: dict[str, Any], now: datetime) -> None:
    """Hear an action's wish to be transactional: the mark reads back false until it is granted."""
    message = action["data"].get("message", {})
    ways = account.flow_rules.transactional
    if not message.get("transactional") or ways == "grants":
        return
    message["transactional"] = False
    if ways == "reviews":
        flow.in_review.add(action["id"])
        due = now + timedelta(seconds=account.delays.review)
        account.schedule.at(due, partial(_approve, flow, action["id"], message))


def _approve(flow: Flow, action_id: str, message: dict[str, Any], _now: datetime) -> None:
    flow.in_review.discard(action_id)
    message["transactional"] = True
