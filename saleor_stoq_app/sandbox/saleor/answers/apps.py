"""Answers about apps: an app sees itself, and no other."""

import orjson

from saleor_stoq_app.sandbox.saleor.asking import RESOLVERS, Asking, PermissionDenied, answers
from saleor_stoq_app.sandbox.saleor.ids import key_of
from saleor_stoq_app.sandbox.saleor.installed import InstalledApp

RESOLVERS.update(
    {
        "App.permissions": lambda app, _: sorted(app.permissions),
        "Permission.code": lambda permission, _: permission,
        "Permission.name": lambda permission, _: permission.replace("_", " ").capitalize(),
        "Webhook.subscriptionQuery": lambda webhook, _: webhook.subscription.text,
        "Webhook.customHeaders": lambda webhook, _: orjson.dumps(webhook.custom_headers).decode(),
        "Webhook.asyncEvents": lambda webhook, _: webhook.events,
        "WebhookEventAsync.eventType": lambda event, _: event,
        "WebhookEventAsync.name": lambda event, _: event.replace("_", " ").capitalize(),
        "AppTokenVerify.valid": lambda valid, _: valid,
    }
)


@answers("Query.app")
def app(_root: object, asking: Asking, id: str | None = None) -> InstalledApp | None:  # noqa: A002 - Saleor's name
    if asking.app is None or id is None or key_of(id, "App") == str(asking.app.key):
        return asking.app
    raise PermissionDenied(["MANAGE_APPS"])


@answers("Mutation.appTokenVerify")
def token_verify(_root: object, asking: Asking, token: str) -> bool:
    return asking.shop.app_of(token) is not None
