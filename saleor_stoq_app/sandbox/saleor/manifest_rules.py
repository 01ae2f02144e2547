"""What Saleor demands of a manifest (saleor.md section 3). Pure."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLEnumType, GraphQLSchema

from saleor_stoq_app.sandbox.saleor.subscriptions import InvalidSubscription, subscription
from saleor_stoq_app.sandbox.saleor.versions import NO_MANAGE_APPS, Version
from saleor_stoq_app.sandbox.saleor.webhook_rules import MAX_URL, InvalidWebhook, check_headers, check_url

MAX_NAME = 60
MAX_APP_URL = 200


class InstallationFailed(Exception):
    """What staff would read after a failed installation."""


def check(manifest: Any, version: Version, taken: set[str]) -> None:
    """Check everything but the webhooks.

    Raises:
        InstallationFailed: the manifest is refused.
    """
    if not isinstance(manifest, dict):
        raise InstallationFailed("Incorrect structure of manifest.")
    for name in ("id", "name", "version"):
        if not isinstance(manifest.get(name), str):
            raise InstallationFailed(f"{name}: Field required")
    target = manifest.get("tokenTargetUrl")
    if target and urlsplit(target).scheme not in {"http", "https"}:
        raise InstallationFailed("tokenTargetUrl: Incorrect value for field: tokenTargetUrl.")
    if manifest["id"] in taken:
        raise InstallationFailed(
            f"identifier: App with the same identifier is already installed: {manifest['name']}"
        )
    if "MANAGE_APPS" in manifest.get("permissions", []) and version >= NO_MANAGE_APPS:
        raise InstallationFailed("permissions: MANAGE_APPS is out of scope for apps.")


def overlong(manifest: dict[str, Any]) -> bool:
    """Whether the database would refuse a value that the schema let through; leaves an orphan (trap 4)."""
    urls = [hook["targetUrl"] for hook in manifest.get("webhooks") or ()]
    return (
        any(len(url) > MAX_URL for url in urls)
        or any(len(manifest[name]) > MAX_NAME for name in ("name", "version"))
        or len(manifest.get("appUrl") or "") > MAX_APP_URL
    )


def read_webhooks(manifest: dict[str, Any], schema: GraphQLSchema) -> Iterator[dict[str, Any]]:
    """Yield each webhook as arguments of its row.

    Raises:
        InstallationFailed: one of them is not acceptable; the whole installation fails.
    """
    seen: set[str] = set()
    for hook in manifest.get("webhooks") or ():
        identifier = (hook.get("identifier") or "").strip() or None
        if identifier in seen:
            raise InstallationFailed(f"webhooks: Duplicate webhook identifier: {identifier}.")
        seen |= {identifier} if identifier else set()
        yield _webhook(hook, identifier, schema)


def _webhook(hook: dict[str, Any], identifier: str | None, schema: GraphQLSchema) -> dict[str, Any]:
    if missing := [name for name in ("name", "targetUrl", "query") if not hook.get(name)]:
        raise InstallationFailed(f"webhooks: {missing[0]}: Field required")
    try:
        heard = subscription(hook["query"], schema)
        return {
            "name": hook["name"],
            "identifier": identifier,
            "target_url": check_url(hook["targetUrl"]),
            "subscription": heard,
            "events": _events(hook.get("asyncEvents") or heard.events, schema),
            "is_active": hook.get("isActive", True),
            "custom_headers": check_headers(hook.get("customHeaders") or {}),
        }
    except InvalidSubscription as error:
        raise InstallationFailed(f"webhooks: Subscription query is not valid: {error.message}") from error
    except InvalidWebhook as error:
        raise InstallationFailed(f"webhooks: {error.message}") from error


def _events(names: Any, schema: GraphQLSchema) -> tuple[str, ...]:
    known = schema.type_map["WebhookEventTypeAsyncEnum"]
    if not isinstance(known, GraphQLEnumType) or not set(names) <= set(known.values):
        raise InstallationFailed("webhooks: Invalid asynchronous event.")
    return tuple(names)
