"""The mutations with which an app keeps its own webhooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson

from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, answers
from saleor_stoq_app.sandbox.saleor.ids import InvalidId, key_of
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp, Webhook
from saleor_stoq_app.sandbox.saleor.subscriptions import InvalidSubscription, subscription
from saleor_stoq_app.sandbox.saleor.webhook_rules import InvalidWebhook, check_headers, check_url

RESOLVERS.update(
    {
        f"{kind}.{field}": lambda result, _, field=field: getattr(result, field)
        for kind in ("WebhookCreate", "WebhookUpdate", "WebhookDelete")
        for field in ("webhook", "errors")
    }
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """A WebhookError."""

    field: str | None
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a mutation answers: the webhook, or what was wrong."""

    webhook: Webhook | None
    errors: tuple[Complaint, ...] = ()


def _refusing(change: Callable[..., Webhook]) -> Callable[..., Result]:
    @wraps(change)
    def answer(root: object, asking: Asking, **arguments: Any) -> Result:
        try:
            return Result(change(root, asking, **arguments))
        except InvalidWebhook as error:
            return Result(None, (Complaint(error.field, error.message, error.code),))

    return answer


@answers("Mutation.webhookCreate")
@_refusing
def create(_root: object, asking: Asking, input: Mapping[str, Any]) -> Webhook:  # noqa: A002 - Saleor's argument
    app = _owner(asking)
    if not input.get("query"):
        raise InvalidWebhook("The sandbox makes no legacy payloads: give a query.", "REQUIRED", "query")
    wanted = _cleaned(asking, input, None)
    webhook = Webhook(
        asking.shop.next_key("Webhook"),
        name=input.get("name") or "",
        identifier=wanted.get("identifier"),
        target_url=wanted.get("target_url", ""),
        subscription=wanted["subscription"],
        events=wanted["events"],
        is_active=input.get("isActive", True),
        custom_headers=wanted.get("custom_headers", {}),
    )
    app.webhooks.append(webhook)
    return webhook


@answers("Mutation.webhookUpdate")
@_refusing
def update(
    _root: object,
    asking: Asking,
    input: Mapping[str, Any],  # noqa: A002 - Saleor's argument
    id: str | None = None,  # noqa: A002 - Saleor's argument
    identifier: str | None = None,
) -> Webhook:
    webhook = _pointed(_owner(asking), id, identifier)
    for name, value in _cleaned(asking, input, webhook).items():
        setattr(webhook, name, value)
    return webhook


@answers("Mutation.webhookDelete")
@_refusing
def delete(
    _root: object,
    asking: Asking,
    id: str | None = None,  # noqa: A002 - Saleor's argument
    identifier: str | None = None,
) -> Webhook:
    app = _owner(asking)
    webhook = _pointed(app, id, identifier)
    app.webhooks.remove(webhook)
    webhook.is_active = False
    return webhook


def _owner(asking: Asking) -> InstalledApp:
    if asking.app is None:
        raise InvalidWebhook(
            "Missing app id. Fill in the app field or run the mutation by the app", "INVALID"
        )
    return asking.app


def _pointed(app: InstalledApp, id_: str | None, identifier: str | None) -> Webhook:
    if id_ and identifier:
        raise InvalidWebhook("Argument 'id' cannot be combined with 'identifier'", "GRAPHQL_ERROR")
    if not id_ and not identifier:
        raise InvalidWebhook("At least one of arguments is required: 'id', 'identifier'.", "GRAPHQL_ERROR")
    key = _key(id_) if id_ else None
    for webhook in app.webhooks:
        if webhook.identifier == identifier if identifier else str(webhook.key) == key:
            return webhook
    field = "identifier" if identifier else "id"
    raise InvalidWebhook(f"Couldn't resolve to a node: {identifier or id_}", "NOT_FOUND", field)


def _key(id_: str) -> str | None:
    try:
        return key_of(id_, "Webhook")
    except InvalidId as error:
        raise InvalidWebhook(str(error), "GRAPHQL_ERROR", "id") from error


def _cleaned(asking: Asking, given: Mapping[str, Any], webhook: Webhook | None) -> dict[str, Any]:
    """Return what to set, under the names of our rows; events given beside a query win over the query's."""
    wanted = _listening(asking, given)
    if "name" in given:
        wanted["name"] = given["name"] or ""
    if "isActive" in given:
        wanted["is_active"] = given["isActive"]
    if "targetUrl" in given:
        wanted["target_url"] = check_url(given["targetUrl"])
    if given.get("customHeaders"):
        wanted["custom_headers"] = check_headers(orjson.loads(given["customHeaders"]))
    if "identifier" in given:
        wanted["identifier"] = _identifier(asking, given["identifier"], webhook)
    return wanted


def _identifier(asking: Asking, text: str | None, webhook: Webhook | None) -> str | None:
    identifier = (text or "").strip() or None
    others = [other.identifier for other in _owner(asking).webhooks if other is not webhook]
    if identifier and identifier in others:
        raise InvalidWebhook("Webhook with this App and Identifier already exists.", "UNIQUE")
    return identifier


def _listening(asking: Asking, given: Mapping[str, Any]) -> dict[str, Any]:
    heard: dict[str, Any] = {}
    if given.get("query"):
        try:
            heard["subscription"] = subscription(given["query"], asking.schema)
        except InvalidSubscription as error:
            raise InvalidWebhook(error.message, error.code, "query") from error
        heard["events"] = heard["subscription"].events
    if given.get("asyncEvents"):
        heard["events"] = tuple(sorted(given["asyncEvents"]))
    return heard
