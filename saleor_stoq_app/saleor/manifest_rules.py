"""What Saleor and its Dashboard accept in a manifest: they check too late, or not at all.

An over-long value leaves an app row in Saleor that blocks every later installation, and an unknown
mount is never shown (saleor.md section 3, traps 3 and 4), so we check before we serve.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

APP_LIMITS = {
    "id": 256,
    "name": 60,
    "version": 60,
    "author": 60,
    "homepageUrl": 200,
    "supportUrl": 200,
    "dataPrivacyUrl": 200,
    "appUrl": 200,
}
WEBHOOK_LIMITS = {"targetUrl": 255, "identifier": 256}
EXTENSION_LIMITS = {"label": 256, "url": 200, "identifier": 256}
REQUIRED = ("id", "name", "version", "permissions", "tokenTargetUrl")

WIDGET_MOUNTS = frozenset(
    {
        "HOMEPAGE_WIDGETS",
        *(f"{page}_DETAILS_WIDGETS" for page in ("PRODUCT", "ORDER", "DRAFT_ORDER", "CUSTOMER")),
        *(f"{page}_DETAILS_WIDGETS" for page in ("COLLECTION", "GIFT_CARD", "VOUCHER")),
    }
)
_PAGES = ("PRODUCT", "ORDER", "DRAFT_ORDER", "CUSTOMER", "CATEGORY", "COLLECTION", "GIFT_CARD")
_MORE_PAGES = ("VOUCHER", "DISCOUNT", "MENU", "PAGE", "PAGE_TYPE")
_PLACES = ("DETAILS_MORE_ACTIONS", "OVERVIEW_CREATE", "OVERVIEW_MORE_ACTIONS")
_AREAS = ("CATALOG", "ORDERS", "CUSTOMERS", "DISCOUNTS", "TRANSLATIONS", "PAGES")
MOUNTS = WIDGET_MOUNTS | {
    *(f"{page}_{place}" for page, place in product(_PAGES + _MORE_PAGES, _PLACES)),
    *(f"NAVIGATION_{area}" for area in _AREAS),
    "TRANSLATIONS_MORE_ACTIONS",
    "SEARCH_ACTION",
}
TARGETS = frozenset({"APP_PAGE", "POPUP", "NEW_TAB", "WIDGET"})


def faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say, in sentences, all that Saleor would refuse, break on or silently ignore."""
    yield from (f"{name} is missing." for name in REQUIRED if not manifest.get(name))
    yield from _too_long("the manifest", manifest, APP_LIMITS)
    if "MANAGE_APPS" in manifest.get("permissions", ()):
        yield "MANAGE_APPS may not be asked for."
    webhooks, extensions = manifest.get("webhooks", ()), manifest.get("extensions", ())
    for webhook in webhooks:
        yield from _webhook(webhook)
    for extension in extensions:
        yield from _extension(extension, frozenset(manifest.get("permissions", ())))
    yield from _twins("webhook", webhooks)
    yield from _twins("extension", extensions)


def _webhook(webhook: Mapping[str, Any]) -> Iterator[str]:
    name = f"webhook {webhook.get('identifier')}"
    yield from _too_long(name, webhook, WEBHOOK_LIMITS)
    if not webhook.get("name") or not webhook.get("asyncEvents"):
        yield f"{name} needs a name and events."
    if "... on " not in webhook.get("query", ""):
        yield f"{name} has a query that names no event."
    if not str(webhook.get("targetUrl")).startswith(("https://", "http://")):
        yield f"{name} needs an absolute targetUrl."


def _extension(extension: Mapping[str, Any], permissions: frozenset[str]) -> Iterator[str]:
    name = f"extension {extension.get('identifier')}"
    mount, target = extension.get("mount"), extension.get("target", "POPUP")
    yield from _too_long(name, extension, EXTENSION_LIMITS)
    if mount not in MOUNTS or target not in TARGETS:
        yield f"{name} has an unknown mount or target ({mount}, {target})."
    elif target == "WIDGET" and mount not in WIDGET_MOUNTS:
        yield f"{name} cannot be a widget at {mount}."
    if not permissions.issuperset(extension.get("permissions", ())):
        yield f"{name} asks for permissions that the app does not have."
    start: str | tuple[str, ...] = "/" if target == "APP_PAGE" else ("https://", "http://")
    if not str(extension.get("url")).startswith(start):
        yield f"{name} has a url that {target} does not take."


def _too_long(owner: str, fields: Mapping[str, Any], limits: Mapping[str, int]) -> Iterator[str]:
    for name, limit in limits.items():
        if len(fields.get(name) or "") > limit:
            yield f"{name} of {owner} is longer than {limit} characters."


def _twins(kind: str, items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    counts = Counter(item.get("identifier") for item in items)
    yield from (
        f"{kind} identifier {name} is missing or used twice."
        for name in counts
        if not name or counts[name] > 1
    )
