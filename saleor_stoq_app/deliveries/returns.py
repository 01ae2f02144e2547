"""Deliveries that come back: parked ones that a merchant set free, and those that a dead process held."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.database.tables import deliveries
from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.events import AlertType, Medium, Stage
from saleor_stoq_app.providers.base import ProviderId

RELEASED_AFTER = timedelta(seconds=3)
"""By then no process remembers the settings that held a delivery back, so that none parks it again."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who sends an alert type through a medium."""

    alert_type: AlertType
    medium: Medium
    provider: ProviderId


def release(
    connection: sa.Connection,
    shop_id: str,
    routes: Iterable[Route],
    now: datetime,
    *,
    created_after: datetime,
) -> int:
    """Make parked deliveries due again, once the merchant mended what held them; older ones expire.

    What was surely never handed to another provider goes to the one that is chosen now.
    """
    return sum(_release(connection, shop_id, route, now, created_after) for route in routes)


def _release(
    connection: sa.Connection, shop_id: str, route: Route, now: datetime, created_after: datetime
) -> int:
    mine = (
        deliveries.c.shop_id == shop_id,
        deliveries.c.alert_type == route.alert_type,
        deliveries.c.medium == route.medium,
    )
    parked = (*mine, deliveries.c.state == State.PARKED)
    connection.execute(
        sa.update(deliveries)
        .where(*parked, deliveries.c.stage == Stage.ALERT, deliveries.c.created_at < created_after)
        .values(state=State.EXPIRED, reason="Too old when sending could go on.", settled_at=now)
    )
    connection.execute(
        sa.update(deliveries)
        .where(*mine, deliveries.c.stage != Stage.CONSENT, *_free(route.provider))
        .values(provider=route.provider)
    )
    values = {"state": State.DUE, "reason": "", "due_at": now + RELEASED_AFTER}
    chosen = deliveries.c.provider == route.provider
    return connection.execute(sa.update(deliveries).where(*parked, chosen).values(values)).rowcount


def _free(provider: ProviderId) -> tuple[sa.ColumnElement[bool], ...]:
    """Choose what waits for another provider, was never called and is in nobody's hands."""
    return (
        deliveries.c.provider != provider,
        deliveries.c.state.in_([State.PARKED, State.DUE]),
        deliveries.c.endpoint.is_(None),
        deliveries.c.lease.is_(None),
    )


def return_leases(connection: sa.Connection, now: datetime, process_id: str) -> int:
    """Make due at once what a dead process holds; its lease ids begin with its own id."""
    held = (deliveries.c.lease.startswith(process_id), deliveries.c.due_at > now)
    back = sa.update(deliveries).where(*held).values(lease=None, due_at=now)
    return connection.execute(back).rowcount
