"""What a live flow does with an event: text the phone, wait for the morning, or skip and say why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from saleor_stoq_app.sandbox.klaviyo.account import Account, Skip
from saleor_stoq_app.sandbox.klaviyo.contacts import TEXTED_COUNTRIES
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
    for text in flow.texts():
        offer = Offer(account, flow, event, text["message"])
        if text["status"] == "live":
            settle(offer, now)
        else:
            _skip(offer, now, f"Action Is {text['status'].title()}")


def settle(offer: Offer, now: datetime) -> None:
    """Text, skip, or come again when quiet hours end; nothing is re-checked against stock then."""
    profile = offer.event.profile
    reason = why_not(offer.account, profile, offer.message, now)
    if reason:
        _skip(offer, now, reason)
        return
    if offer.message["sms_quiet_hours_enabled"]:
        opens = next_open(now, profile.phone_number or "", profile.country or "")
        if opens > now:
            offer.account.schedule.at(opens, partial(settle, offer))
            return
    _text(offer, profile, now)


def why_not(account: Account, profile: Profile, message: dict[str, Any], now: datetime) -> str | None:
    """Return Klaviyo's reason for skipping, or None (klaviyo.md section 9)."""
    if profile.phone_number is None:
        return "Missing Phone Number"
    if profile.country not in TEXTED_COUNTRIES:
        return "Phone Number in Country Not Supported"
    if profile.country not in account.sends_to:
        return "No Sending Number"
    if not profile.sms_marketing.given:
        return "Missing SMS Consent"
    recent = profile.last_text is not None and now - profile.last_text < SMART_SENDING_WINDOW
    return "Smart Sending" if recent and message["smart_sending_enabled"] else None


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
