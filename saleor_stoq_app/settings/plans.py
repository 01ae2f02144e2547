"""The plans, and which providers each of them includes (R9, R91, R99)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import shops
from saleor_stoq_app.errors import Forbidden, NotFound
from saleor_stoq_app.providers.base import ProviderId, ProviderSpec

REMEMBERED = timedelta(seconds=2)


class Plan(StrEnum):
    """What an operator gives a shop."""

    FREE = "free"
    LITE = "lite"
    PRO = "pro"
    UNLIMITED = "unlimited"

    @property
    def label(self) -> str:
        return self.value.capitalize()


EVERYONE = frozenset(ProviderId)
INCLUDED: Mapping[Plan, frozenset[ProviderId]] = {
    Plan.FREE: EVERYONE - {ProviderId.KLAVIYO},
    Plan.LITE: EVERYONE,
    Plan.PRO: EVERYONE,
    Plan.UNLIMITED: EVERYONE,
}


class PlanTooSmall(Forbidden):
    """The shop's plan does not include what was asked for."""

    code = "PLAN_TOO_SMALL"


def including(provider: ProviderId) -> tuple[Plan, ...]:
    """Return the plans that include a provider, the smallest first."""
    return tuple(plan for plan in Plan if provider in INCLUDED[plan])


def refusal(plan: Plan, spec: ProviderSpec) -> PlanTooSmall | None:
    """Say why a plan does not include a provider, or return None where it does."""
    if spec.id in INCLUDED[plan]:
        return None
    labels = ", ".join(larger.label for larger in including(spec.id))
    return PlanTooSmall(
        f"The {plan.label} plan does not include {spec.label}.", fix=f"Upgrade to a paid plan: {labels}."
    )


class Plans:
    """The plan of every shop; the operator's default until one is set."""

    def __init__(self, database: Database, clock: Clock, default: Plan) -> None:
        self._database = database
        self._clock = clock
        self._default = default
        self._remembered: dict[str, tuple[datetime, Plan]] = {}

    async def of(self, shop_id: str) -> Plan:
        """Return the plan; a change made by another process shows after two seconds."""
        until, known = self._remembered.get(shop_id, (None, None))
        if known is not None and until is not None and self._clock.now() < until:
            return known
        wanted = sa.select(shops.c.plan).where(shops.c.id == shop_id)
        kept = await self._database.read(lambda conn: conn.scalar(wanted))
        return self._remember(shop_id, Plan(kept) if kept else self._default)

    async def require(self, shop_id: str, spec: ProviderSpec) -> None:
        """Pass where the shop's plan includes the provider.

        Raises:
            PlanTooSmall: it does not.
        """
        if refused := refusal(await self.of(shop_id), spec):
            raise refused

    async def change(
        self, shop_id: str, plan: Plan, then: Callable[[sa.Connection], None] | None = None
    ) -> None:
        """Set the plan; `then` writes in the same transaction what must follow.

        Raises:
            NotFound: there is no such shop.
        """
        changed = sa.update(shops).where(shops.c.id == shop_id).values(plan=plan)

        def change(conn: sa.Connection) -> None:
            if not conn.execute(changed).rowcount:
                raise NotFound("This shop is not known here.")
            if then is not None:
                then(conn)

        await self._database.write(change)
        self._remember(shop_id, plan)

    def _remember(self, shop_id: str, plan: Plan) -> Plan:
        self._remembered[shop_id] = (self._clock.now() + REMEMBERED, plan)
        return plan
