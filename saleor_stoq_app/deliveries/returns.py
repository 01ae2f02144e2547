"""Deliveries that come back: parked ones that a merchant set free, and those that a dead process held."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.database.tables import deliveries
from saleor_stoq_app.deliveries.ledger import State
from saleor_stoq_app.events import Stage

RELEASED_AFTER = timedelta(seconds=3)
"""By then no process remembers the settings that held a delivery back, so that none parks it again."""


def release(
    connection: sa.Connection, shop_id: str, provider: str, now: datetime, *, created_after: datetime
) -> int:
    """Make parked deliveries due again, once the merchant mended what held them; older ones expire."""
    parked = (
        deliveries.c.shop_id == shop_id,
        deliveries.c.provider == provider,
        deliveries.c.state == State.PARKED,
    )
    connection.execute(
        sa.update(deliveries)
        .where(*parked, deliveries.c.stage == Stage.ALERT, deliveries.c.created_at < created_after)
        .values(state=State.EXPIRED, reason="Too old when sending could go on.", settled_at=now)
    )
    values = {"state": State.DUE, "reason": "", "due_at": now + RELEASED_AFTER}
    return connection.execute(sa.update(deliveries).where(*parked).values(values)).rowcount


def return_leases(connection: sa.Connection, now: datetime, process_id: str) -> int:
    """Make due at once what a dead process holds; its lease ids begin with its own id."""
    held = (deliveries.c.lease.startswith(process_id), deliveries.c.due_at > now)
    back = sa.update(deliveries).where(*held).values(lease=None, due_at=now)
    return connection.execute(back).rowcount
