"""Consent to text messages: how Klaviyo writes it down and reads it out. Pure.

A permission just given is a subscription; an older one is a historical import with its own time, which
skips confirmation texts and flows (klaviyo.md section 4; design section 6).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from saleor_stoq_app.errors import Rejected
from saleor_stoq_app.events import Message
from saleor_stoq_app.providers.klaviyo.events import profile
from saleor_stoq_app.providers.klaviyo.json_api import Item, part

SOURCE = "STOQ back in stock"
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What Klaviyo holds of one phone."""

    subscribed: bool = False
    unsubscribed_at: datetime | None = None

    def unsubscribed_since(self, moment: datetime) -> bool:
        return self.unsubscribed_at is not None and self.unsubscribed_at > moment


NOTHING_KNOWN = Standing()
LATE = datetime.max.replace(tzinfo=UTC)
"""When someone unsubscribed at an unknown time: after every permission that we hold."""


def given_at(message: Message) -> datetime:
    """Return when the permission was given.

    Raises:
        Rejected: there is none, and nobody is subscribed without.
    """
    if message.consent is None:
        raise Rejected("no permission was given", code="NO_CONSENT")
    return message.consent.given_at


def is_fresh(message: Message, now: datetime) -> bool:
    return now - given_at(message) < FRESH


def imported_profile(message: Message) -> bytes:
    return orjson.dumps(profile(message.recipient))


def subscription(messages: Sequence[Message], *, historical: bool) -> bytes:
    """Build one job, a person an element; `consented_at` is refused without `historical_import`."""
    profiles = [
        _subscribed(message.recipient.phone, given_at(message) if historical else None)
        for message in messages
    ]
    attributes = {
        "custom_source": SOURCE,
        "profiles": {"data": profiles},
        "historical_import": historical,
    }
    return orjson.dumps({"data": {"type": "profile-subscription-bulk-create-job", "attributes": attributes}})


def phone_filter(phones: Sequence[str]) -> str:
    return f"any(phone_number,{orjson.dumps(list(phones)).decode()})"


def standings(profiles: Iterable[Item]) -> dict[str, Standing]:
    """Read the text-message consent of each profile, by phone."""
    read: dict[str, Standing] = {}
    for item in profiles:
        phone = part(item, "attributes").get("phone_number")
        read[str(phone)] = _standing(part(item, "attributes", "subscriptions", "sms", "marketing"))
    return read


def _subscribed(phone: str, consented_at: datetime | None) -> dict[str, Any]:
    marketing = {"consent": "SUBSCRIBED"}
    if consented_at is not None:
        marketing["consented_at"] = consented_at.astimezone(UTC).replace(microsecond=0).isoformat()
    subscriptions = {"sms": {"marketing": marketing}}
    return {"type": "profile", "attributes": {"phone_number": phone, "subscriptions": subscriptions}}


def _standing(marketing: Mapping[str, Any]) -> Standing:
    if marketing.get("can_receive_sms_marketing") is True:
        return Standing(subscribed=True)
    if marketing.get("consent") == "UNSUBSCRIBED":
        times = [_time(marketing.get(name)) for name in ("consent_timestamp", "last_updated")]
        return Standing(unsubscribed_at=max((time for time in times if time), default=LATE))
    return NOTHING_KNOWN


def _time(value: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
