"""Who asks the shop, what they may see, and the registry of resolvers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import GraphQLSchema

from saleor_stoq_app.sandbox.saleor.installed import InstalledApp
from saleor_stoq_app.sandbox.saleor.rows import Channel
from saleor_stoq_app.sandbox.saleor.shop import Shop


class PermissionDenied(Exception):
    """What Saleor says to callers without one of the permissions."""

    def __init__(self, permissions: Iterable[str]) -> None:
        needed = ", ".join(permissions)
        super().__init__(f"To access this path, you need one of the following permissions: {needed}")


@dataclass(frozen=True, slots=True)
class Asking:
    """One request; `app` is None for anyone whose token is dead, wrong or missing."""

    shop: Shop
    schema: GraphQLSchema
    app: InstalledApp | None
    now: datetime

    def may(self, permissions: Iterable[str]) -> bool:
        held = {*self.app.permissions, "AUTHENTICATED_APP"} if self.app else set[str]()
        return not held.isdisjoint(permissions)


@dataclass(frozen=True, slots=True)
class InChannel:
    """A product or variant as seen from a channel, or from none."""

    row: Any
    channel: Channel | None


class Refusal(Exception):
    """A query that Saleor answers with an error of its own."""


Resolver = Callable[..., Any]
RESOLVERS: dict[str, Resolver] = {}


def answers(*fields: str) -> Callable[[Resolver], Resolver]:
    """Register `resolver(root, asking, **arguments)` for fields such as "Shop.domain"."""

    def register(resolver: Resolver) -> Resolver:
        RESOLVERS.update(dict.fromkeys(fields, resolver))
        return resolver

    return register
