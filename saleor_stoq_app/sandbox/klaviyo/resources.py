"""How Klaviyo shows what it holds: JSON:API resources, shaped as recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from saleor_stoq_app.sandbox.klaviyo.account import Account, ContactList
from saleor_stoq_app.sandbox.klaviyo.flows import Flow
from saleor_stoq_app.sandbox.klaviyo.ids import event_id
from saleor_stoq_app.sandbox.klaviyo.metrics import Metric
from saleor_stoq_app.sandbox.klaviyo.profiles import Consent, Profile
from saleor_stoq_app.sandbox.klaviyo.senders import Sender
from saleor_stoq_app.sandbox.klaviyo.timeline import Event

Json = dict[str, Any]

ACCOUNT_FIELDS = frozenset(
    (
        "test_account",
        "contact_information",
        "industry",
        "timezone",
        "preferred_currency",
        "public_api_key",
        "locale",
    )
)
EVENT_FIELDS = frozenset(("timestamp", "event_properties", "datetime", "uuid"))
METRIC_FIELDS = frozenset(("name", "created", "updated", "integration"))
FLOW_FIELDS = frozenset(("name", "status", "archived", "created", "updated", "trigger_type"))
FLOW_ACTION_FIELDS = frozenset(("definition", "created", "updated"))
TEXT_MESSAGING_FIELDS = frozenset(("org_prefix", "opt_out_language", "status", "created_at", "updated_at"))
SENDER_FIELDS = frozenset(
    ("sender_type", "sender_details", "status", "created_at", "forwarding_number", "sender_identifier")
)
LIST_FIELDS = frozenset(("name", "created", "updated", "opt_in_process"))
NAMES = ("first_name", "last_name", "organization", "locale", "title", "image")
PLACES = ("address1", "address2", "city", "country", "latitude", "longitude")
MORE_PLACES = ("region", "zip", "timezone", "ip")
PROFILE_FIELDS = frozenset(
    (
        "email",
        "phone_number",
        "external_id",
        "created",
        "updated",
        "last_event_date",
        "location",
        "properties",
        *NAMES,
    )
)

_EVENT_UUID = 0xF9204180_A865_11F1_8001_000000000000


@dataclass(frozen=True, slots=True)
class Shape:
    """From which origin, with which fields and extra fields resources are shown."""

    origin: str
    fields: Mapping[str, frozenset[str]]
    additional: frozenset[str]

    def resource(self, kind: str, ident: str, attributes: Json, related: Mapping[str, Json | None]) -> Json:
        """Assemble a resource; `related` maps a relationship to its data, or to nothing but links."""
        base = f"{self.origin}/api/{kind}s/{ident}"
        wanted = self.fields.get(kind)
        shown = {k: v for k, v in attributes.items() if wanted is None or k in wanted or k in self.additional}
        relationships = {name: (data or {}) | _links(base, name) for name, data in related.items()}
        answer: Json = {"type": kind, "id": ident, "attributes": shown, "links": {"self": f"{base}/"}}
        return answer | {"relationships": relationships} if relationships else answer

    def account(self, account: Account) -> Json:
        contact = {
            "default_sender_name": account.name,
            "default_sender_email": "hello@shop.example",
            "website_url": "https://shop.example",
            "organization_name": account.name,
            "street_address": dict.fromkeys(("address1", "address2", "city", "region", "country", "zip")),
        }
        attributes = {
            "test_account": True,
            "contact_information": contact,
            "industry": None,
            "timezone": "Europe/London",
            "preferred_currency": "USD",
            "public_api_key": account.id,
            "locale": "en-US",
        }
        return self.resource("account", account.id, attributes, {})

    def event(self, event: Event) -> Json:
        attributes = {
            "timestamp": event.at,
            "datetime": datetime.fromtimestamp(event.at, UTC).isoformat(),
            "event_properties": orjson.Fragment(event.packed),
            "uuid": str(UUID(int=_EVENT_UUID + event.number)),
        }
        related: dict[str, Json | None] = {
            "profile": {"data": {"type": "profile", "id": event.profile.id}},
            "metric": {"data": {"type": "metric", "id": event.metric.id}},
        }
        return self.resource("event", event_id(event.number), attributes, related)

    def metric(self, metric: Metric, triggers: Iterable[Flow] | None = None) -> Json:
        integration = metric.integration
        attributes = {
            "name": metric.name,
            "created": _seconds(metric.created),
            "updated": _seconds(metric.created),
            "integration": {
                "object": "integration",
                "id": integration.id,
                "key": integration.key,
                "name": integration.name,
                "category": integration.category,
            },
        }
        flows = None if triggers is None else {"data": [{"type": "flow", "id": flow.id} for flow in triggers]}
        return self.resource("metric", metric.id, attributes, {"flow-triggers": flows})

    def flow(self, flow: Flow) -> Json:
        attributes = {
            "name": flow.name,
            "status": flow.status,
            "archived": flow.archived,
            "created": flow.created.isoformat(),
            "updated": flow.updated.isoformat(),
            "trigger_type": flow.trigger_type,
        }
        if "definition" in self.additional:
            attributes["definition"] = flow.definition
        return self.resource("flow", flow.id, attributes, {"flow-actions": None, "tags": None})

    def flow_action(self, flow: Flow, action: Json) -> Json:
        attributes = {
            "definition": action,
            "created": flow.created.isoformat(),
            "updated": flow.updated.isoformat(),
        }
        message = action["data"].get("message")
        messages = [{"type": "flow-message", "id": message["id"]}] if message else []
        related: dict[str, Json | None] = {
            "flow": {"data": {"type": "flow", "id": flow.id}},
            "flow-messages": {"data": messages},
        }
        return self.resource("flow-action", action["id"], attributes, related)

    def text_messaging(self, account: Account) -> Json:
        own = account.text_messaging
        attributes = {
            "org_prefix": account.name,
            "opt_out_language": "Reply STOP to opt out",
            "status": own.status,
            "created_at": _seconds(own.opened),
            "updated_at": _seconds(own.opened),
        }
        return self.resource("text-messaging-configuration", account.id, attributes, {})

    def sender(self, sender: Sender) -> Json:
        attributes = {
            "sender_type": sender.type,
            "sender_details": {"country": sender.country},
            "status": sender.status,
            "created_at": _seconds(sender.created),
            "forwarding_number": None,
            "sender_identifier": sender.identifier,
        }
        related: dict[str, Json | None] = {"text-messaging-sender-registration": None}
        return self.resource("text-messaging-sender", sender.id, attributes, related)

    def contact_list(self, contacts: ContactList) -> Json:
        attributes = {
            "name": contacts.name,
            "created": _seconds(contacts.created),
            "updated": _seconds(contacts.created),
            "opt_in_process": contacts.opt_in_process,
        }
        related = dict.fromkeys(("profiles", "tags", "flow-triggers"))
        return self.resource("list", contacts.id, attributes, related)

    def profile(self, profile: Profile) -> Json:
        facts = profile.facts
        location = facts.get("location") or {}
        attributes = {
            "email": profile.email,
            "phone_number": profile.phone_number,
            "external_id": profile.external_id,
            **{name: facts.get(name) for name in NAMES},
            "created": profile.created.isoformat(),
            "updated": profile.updated.isoformat(),
            "last_event_date": profile.last_event and _seconds(profile.last_event),
            "location": {name: location.get(name) for name in PLACES + MORE_PLACES},
            "properties": facts.get("properties") or {},
        }
        if "subscriptions" in self.additional:
            attributes["subscriptions"] = _subscriptions(profile)
        return self.resource(
            "profile", profile.id, attributes, dict.fromkeys(("lists", "segments", "push-tokens"))
        )


def _subscriptions(profile: Profile) -> Json:
    sms = {
        "marketing": {"can_receive_sms_marketing": profile.sms_marketing.given}
        | _consent(profile.sms_marketing),
        "transactional": {"can_receive_sms_transactional": profile.sms_transactional.given}
        | _consent(profile.sms_transactional),
    }
    # E-mail needs no opt-in: recorded true for a profile that never subscribed.
    can_mail = profile.email_marketing.status != "UNSUBSCRIBED"
    mail = {"can_receive_email_marketing": can_mail} | _consent(profile.email_marketing)
    more: Json = {
        "custom_method_detail": None,
        "double_optin": None,
        "suppression": [],
        "list_suppressions": [],
    }
    return {"email": {"marketing": mail | more}, "sms": sms}


def _consent(consent: Consent) -> Json:
    return {
        "consent": consent.status,
        "consent_timestamp": consent.at and _seconds(consent.at),
        "method": consent.method,
        "method_detail": consent.detail,
        "last_updated": consent.updated and _seconds(consent.updated),
    }


def _links(base: str, name: str) -> Json:
    return {"links": {"self": f"{base}/relationships/{name}/", "related": f"{base}/{name}/"}}


def _seconds(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()
