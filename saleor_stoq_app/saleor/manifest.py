"""The manifest that Saleor is served: `manifest.json`, made for one Saleor version and one address."""

import json
from dataclasses import dataclass
from typing import Any

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.saleor.documents import MANIFEST, document
from saleor_stoq_app.saleor.ids import parse_schema_version
from saleor_stoq_app.saleor.manifest_rules import faults


@dataclass(frozen=True, slots=True)
class WebhookSpec:
    """One webhook that we want installed in a shop; `path` begins with a slash."""

    identifier: str
    name: str
    events: tuple[str, ...]
    document: str
    path: str

    def target_url(self, config: Config) -> str:
        return config.app_base_url + self.path


APP_ID: str = json.loads(MANIFEST)["id"]
PERMISSIONS: tuple[str, ...] = tuple(json.loads(MANIFEST)["permissions"])


def webhooks(schema_version: str | None) -> tuple[WebhookSpec, ...]:
    """Return the webhooks that a Saleor of this version can have.

    One unknown event or field fails a whole installation (saleor.md section 3, trap 1), so that each
    webhook says in `since` which version knows all of its own.
    """
    version = parse_schema_version(schema_version)
    wanted = json.loads(MANIFEST)["webhooks"]
    return tuple(_spec(entry) for entry in wanted if version >= parse_schema_version(entry.get("since")))


def build_manifest(config: Config, schema_version: str | None) -> dict[str, Any]:
    """Return a manifest of its own for each caller, with absolute addresses.

    Raises:
        Misconfigured: Saleor could not install it; says why.
    """
    manifest: dict[str, Any] = json.loads(MANIFEST)
    manifest["tokenTargetUrl"] = config.app_base_url + manifest["tokenTargetUrl"]
    manifest["webhooks"] = [_served(spec, config) for spec in webhooks(schema_version)]
    if found := list(faults(manifest)):
        raise Misconfigured("The manifest cannot be installed: " + " ".join(found))
    return manifest


def _spec(entry: dict[str, Any]) -> WebhookSpec:
    return WebhookSpec(
        identifier=entry["identifier"],
        name=entry["name"],
        events=tuple(entry["asyncEvents"]),
        document=document(entry["query"].removesuffix(".graphql")),
        path=entry["targetUrl"],
    )


def _served(spec: WebhookSpec, config: Config) -> dict[str, Any]:
    return {
        "identifier": spec.identifier,
        "name": spec.name,
        "asyncEvents": list(spec.events),
        "query": spec.document,
        "targetUrl": spec.target_url(config),
        "isActive": True,
    }
