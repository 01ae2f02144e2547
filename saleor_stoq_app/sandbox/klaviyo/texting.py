"""What a live flow does with an event: text the phone, wait for the morning, or skip and say why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from saleor_stoq_app.sandbox.klaviyo.account import Account, Skip
from saleor_stoq_app.sandbox.klaviyo.contacts import TEXTED_COUNTRIES
from saleor_stoq_app.sandbox.klaviyo.flow_filters import lets_event_in, lets_person_in
from saleor_stoq_app.sandbox.klaviyo.flows import Flow
from saleor_stoq_app.sandbox.klaviyo.profiles import Profile
from saleor_stoq_app.sandbox.klaviyo.quiet import next_open
from saleor_stoq_app.sandbox.klaviyo.templates import render
from saleor_stoq_app.sandbox.klaviyo.timeline import Event

SMART_SENDING_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that a flow would send about an event."""

    account: Account
    flow: Flow
    event: Event
    message: dict[str, Any]


def run(account: Account, flow: Flow, event: Event, now: datetime) -> None:
    """Let a live flow act on an event."""
    profile, definition = event.profile, flow.definition
    if not lets_event_in(definition["triggers"][0].get("trigger_filter"), event):
        return
    if not flow.lets_in_again(profile.id, now):
        return
    flow.entered[profile.id] = now
    if lets_person_in(definition["profile_filter"], profile):
        _go_on(account, flow, event, definition["entry_action_id"], now)
        return
    for text in flow.texts:
        _skip(Offer(account, flow, event, text["data"]["message"]), now, "Fails Flow Filters")


def _go_on(account: Account, flow: Flow, event: Event, action_id: str | None, now: datetime) -> None:
    """Walk through the actions from `action_id` on, as far as the next delay; splits end the walk."""
    action = flow.action(action_id)
    while action is not None:
        following = (action.get("links") or {}).get("next")
        if action["type"] == "time-delay":
            due = now + timedelta(**{action["data"]["unit"]: action["data"]["value"]})
            account.schedule.at(due, partial(_go_on, account, flow, event, following))
            return
        if action["type"] == "send-sms":
            _offer(Offer(account, flow, event, action["data"]["message"]), action["data"]["status"], now)
        action = flow.action(following)


def _offer(offer: Offer, status: str, now: datetime) -> None:
    if status == "live":
        settle(offer, now)
    else:
        _skip(offer, now, f"Action Is {status.title()}")


def settle(offer: Offer, now: datetime) -> None:
    """Text, skip, or come again when quiet hours end; nothing is re-checked against stock then."""
    profile = offer.event.profile
    reason = why_not(offer, now)
    if reason:
        _skip(offer, now, reason)
        return
    if offer.message["sms_quiet_hours_enabled"]:
        opens = next_open(now, profile.phone_number or "", profile.country or "")
        if opens > now:
            offer.account.schedule.at(opens, partial(settle, offer))
            return
    _text(offer, profile, now)


def why_not(offer: Offer, now: datetime) -> str | None:
    """Return Klaviyo's reason for skipping, or None (klaviyo.md section 9)."""
    account, profile, message = offer.account, offer.event.profile, offer.message
    recent = profile.last_text is not None and now - profile.last_text < SMART_SENDING_WINDOW
    reasons = {
        "Person Deleted": profile.deleted,
        "Action Deleted": offer.flow.id not in account.flows.by_id,
        "Missing Phone Number": profile.phone_number is None,
        "Phone Number in Country Not Supported": profile.country not in TEXTED_COUNTRIES,
        "Unable to Send SMS": account.text_messaging.status == "disabled",
        "No Sending Number": profile.country not in account.sends_to,
        "Missing SMS Consent": not _permitted(profile, message),
        "Smart Sending": recent and message["smart_sending_enabled"] and not message["transactional"],
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _permitted(profile: Profile, message: dict[str, Any]) -> bool:
    """A marketing permission is one for everything, a transactional one for marked texts alone."""
    return profile.sms_marketing.given or (message["transactional"] and profile.sms_transactional.given)


def _text(offer: Offer, profile: Profile, now: datetime) -> None:
    scopes = {
        "event": offer.event.properties,
        "person": profile.facts,
        "organization": {"name": offer.account.name},
    }
    profile.last_text = now
    offer.account.phones.receive(profile.phone_number or "", render(offer.message["body"], scopes), now)


def _skip(offer: Offer, now: datetime, reason: str) -> None:
    event = offer.event
    skip = Skip(now, offer.flow.name, event.metric.name, event.phone, event.unique_id, reason)
    offer.account.skips.append(skip)
