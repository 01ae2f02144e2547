"""Keeps the webhooks that a shop has for us equal to those that we want: Saleor reads a manifest only once.

A webhook is known by the last step of its target address, which is our identifier and which every
Saleor version has; Saleor's own `identifier` came with 3.23.22 (saleor.md sections 2 and 3, trap 7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saleor_stoq_app.config import Config
from saleor_stoq_app.saleor.client import NotNow, Refused, SaleorClient
from saleor_stoq_app.saleor.documents import document
from saleor_stoq_app.saleor.manifest import WebhookSpec, webhooks
from saleor_stoq_app.saleor.shops import Shop

INSTALLED = document("webhooks_installed")
CREATE = document("webhook_create")
UPDATE = document("webhook_update")
DELETE = document("webhook_delete")

Input = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do at Saleor: new inputs, changed inputs by webhook id, webhook ids that nobody wants."""

    create: Mapping[str, Input]
    update: Mapping[str, tuple[str, Input]]
    delete: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was done, by our identifiers; `schema_version` is the shop's present one."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]
    schema_version: str


class Reconciler:
    """Compares and mends the webhooks of one shop with the app's own token."""

    def __init__(self, client: SaleorClient, config: Config) -> None:
        self._client = client
        self._config = config

    async def reconcile(self, shop: Shop) -> Reconciled:
        """Create, update and delete until the shop has what we want; what is right is left alone.

        Raises:
            Unavailable: Saleor does not answer now.
            TokenRefused: the token is dead.
            Refused: Saleor does not want one of our webhooks; those before it are in place.
        """
        data = await self._client.ask(shop, INSTALLED, {})
        try:
            version = data["shop"]["schemaVersion"]
            plan = plan_for(self._wanted(version), data["app"]["webhooks"] or ())
        except (KeyError, TypeError) as error:
            raise NotNow("Saleor's answer about webhooks is not in the agreed shape.") from error
        await self._carry_out(shop, plan)
        return Reconciled(tuple(plan.create), tuple(plan.update), tuple(it for it, _ in plan.delete), version)

    def _wanted(self, schema_version: str) -> dict[str, Input]:
        return {spec.identifier: _input(spec, self._config) for spec in webhooks(schema_version)}

    async def _carry_out(self, shop: Shop, plan: Plan) -> None:
        for wanted in plan.create.values():
            await self._mutate(shop, CREATE, {"input": wanted})
        for webhook_id, wanted in plan.update.values():
            await self._mutate(shop, UPDATE, {"id": webhook_id, "input": wanted})
        for _, webhook_id in plan.delete:
            await self._mutate(shop, DELETE, {"id": webhook_id})

    async def _mutate(self, shop: Shop, mutation: str, variables: dict[str, Any]) -> None:
        data = await self._client.ask(shop, mutation, variables)
        errors = [error for answer in data.values() for error in (answer or {}).get("errors") or ()]
        if errors:
            said = ", ".join(f"{error.get('field') or 'webhook'}: {error.get('code')}" for error in errors)
            raise Refused(f"Saleor refused a webhook ({said}).", fix="Compare the app's webhooks by hand.")


def plan_for(wanted: Mapping[str, Input], installed: Sequence[Mapping[str, Any]]) -> Plan:
    """Compare; of several webhooks with one identifier the first stays."""
    first: dict[str, Mapping[str, Any]] = {}
    for webhook in installed:
        first.setdefault(_identifier(webhook), webhook)
    kept = {it["id"] for identifier, it in first.items() if identifier in wanted}
    return Plan(
        create={it: wish for it, wish in wanted.items() if it not in first},
        update={
            it: (first[it]["id"], wish)
            for it, wish in wanted.items()
            if it in first and _comparable(wish) != _comparable(_as_input(first[it]))
        },
        delete=[(_identifier(it), it["id"]) for it in installed if it["id"] not in kept],
    )


def _input(spec: WebhookSpec, config: Config) -> Input:
    return {
        "name": spec.name,
        "targetUrl": spec.target_url(config),
        "asyncEvents": list(spec.events),
        "query": spec.document,
        "isActive": True,
    }


def _as_input(webhook: Mapping[str, Any]) -> Input:
    return {
        "name": webhook["name"],
        "targetUrl": webhook["targetUrl"],
        "asyncEvents": [event["eventType"] for event in webhook["asyncEvents"]],
        "query": webhook["subscriptionQuery"] or "",
        "isActive": webhook["isActive"],
    }


def _comparable(wish: Input) -> Input:
    """Neither the order of events nor white space in a query is a difference."""
    return {**wish, "asyncEvents": set(wish["asyncEvents"]), "query": wish["query"].split()}


def _identifier(webhook: Mapping[str, Any]) -> str:
    return str(webhook["targetUrl"]).rstrip("/").rpartition("/")[2]
