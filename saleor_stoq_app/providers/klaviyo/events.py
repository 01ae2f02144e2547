"""Metric events as Klaviyo takes them: alone, or a thousand in one call. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from saleor_stoq_app.events import AlertType, Message, Recipient
from saleor_stoq_app.providers.klaviyo.flow_table import ALERT, PREORDER

METRICS: Mapping[AlertType, str] = {
    AlertType.BACK_IN_STOCK: ALERT.metric,
    AlertType.PREORDER: PREORDER.metric,
}
"""The metric of the first message of each alert type."""

LARGEST_BODY = 4_900_000
"""Klaviyo takes 5 MB (klaviyo.md section 1)."""


def one_event(message: Message, now: datetime) -> bytes:
    attributes = _attributes(message, _seconds(now))
    attributes["profile"] = profile(message.recipient)
    return orjson.dumps({"data": {"type": "event", "attributes": attributes}})


def many_events(messages: Sequence[Message], now: datetime) -> tuple[bytes, int]:
    """Return a body and how many of the messages, counted from the first, fitted into it."""
    body, count = _many(messages, _seconds(now)), len(messages)
    while len(body) > LARGEST_BODY and count > 1:
        count //= 2
        body = _many(messages[:count], _seconds(now))
    return body, count


def seed_event(
    metric_name: str, variables: Mapping[str, str], contact: str, unique_id: str, now: datetime
) -> bytes:
    """Make a metric known by an event that fires no flow; `contact` is an e-mail address or a phone."""
    identity = {"email" if "@" in contact else "phone_number": contact}
    attributes = {
        "properties": dict(variables),
        "time": _seconds(now),
        "unique_id": unique_id,
        "backfill": True,
        "metric": _metric(metric_name),
        "profile": {"data": {"type": "profile", "attributes": identity}},
    }
    return orjson.dumps({"data": {"type": "event", "attributes": attributes}})


def profile(recipient: Recipient) -> dict[str, Any]:
    """Name the person by phone alone, and leave out what is empty.

    Beside another identity a bad phone is dropped in silence (klaviyo.md section 0.10); empty strings are
    refused.
    """
    attributes = {"phone_number": recipient.phone}
    if recipient.name:
        attributes["first_name"] = recipient.name
    if locale := _locale(recipient.language):
        attributes["locale"] = locale
    return {"data": {"type": "profile", "attributes": attributes}}


def _many(messages: Sequence[Message], time: str) -> bytes:
    """Pack each event by itself: a thousand nested ones alive together keep the garbage collector busy."""
    elements = [orjson.Fragment(orjson.dumps(_element(message, time))) for message in messages]
    job = {"type": "event-bulk-create-job", "attributes": {"events-bulk-create": {"data": elements}}}
    return orjson.dumps({"data": job})


def _element(message: Message, time: str) -> dict[str, Any]:
    event = {"type": "event", "attributes": _attributes(message, time)}
    attributes = {"profile": profile(message.recipient), "events": {"data": [event]}}
    return {"type": "event-bulk-create", "attributes": attributes}


def _attributes(message: Message, time: str) -> dict[str, Any]:
    """`unique_id` is always ours: without it two alerts in one second become one (klaviyo.md 0.2)."""
    return {
        "properties": dict(message.variables),
        "time": time,
        "unique_id": message.key,
        "metric": _metric(METRICS[message.alert_type]),
    }


def _metric(name: str) -> dict[str, Any]:
    return {"data": {"type": "metric", "attributes": {"name": name}}}


def _seconds(now: datetime) -> str:
    return now.replace(microsecond=0).isoformat()


def _locale(language: str) -> str:
    """Klaviyo wants language and region ("pt-BR"); a language alone is no locale there."""
    words = language.replace("_", "-").split("-")
    if len(words) != 2 or not all(word.isascii() and word.isalpha() for word in words):  # noqa: PLR2004
        return ""
    return f"{words[0].lower()}-{words[1].upper()}"
