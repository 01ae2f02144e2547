"""Signups accepted while Saleor was silent: asked about again, then watched, or closed as not sold."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.alerts import watches
from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.jobs import Job
from saleor_stoq_app.database.tables import signups
from saleor_stoq_app.errors import NotFound
from saleor_stoq_app.saleor.availability import ABSENT, Availability, Look
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.settings.choices import Choices


class Proving:
    """Asks Saleor about a variant whose signups it could not confirm at once."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        shops: Shops,
        availability: Availability,
        choices: Choices,
    ) -> None:
        self._database = database
        self._clock = clock
        self._shops = shops
        self._availability = availability
        self._choices = choices

    async def __call__(self, job: Job) -> timedelta | None:
        """Prove one variant of one channel.

        Raises:
            Unavailable: Saleor is still silent.
        """
        shop = await self._shops.by_id(str(job.shop_id))
        if shop is None:
            return None
        variant_id, channel = str(job.payload["variant_id"]), str(job.payload["channel"])
        preorder_key = (await self._choices.of(shop.id)).preorder_key
        try:
            looks = await self._availability.look(shop, channel, [variant_id], preorder_key=preorder_key)
            look = looks[variant_id]
        except NotFound:
            look = Look(ABSENT, None)
        now = self._clock.now()
        settle = close if look.content is None and look.facts == ABSENT else begin
        await self._database.write(lambda conn: settle(conn, shop.id, variant_id, channel, now))
        return None


def _unproved(shop_id: str, variant_id: str, channel: str) -> "sa.Update":
    return sa.update(signups).where(
        signups.c.shop_id == shop_id,
        signups.c.variant_id == variant_id,
        signups.c.channel == channel,
        signups.c.closed_at.is_(None),
        signups.c.proved_at.is_(None),
    )


def close(conn: sa.Connection, shop_id: str, variant_id: str, channel: str, now: datetime) -> None:
    """Close signups for what the channel does not sell."""
    ended = {"closed_at": now, "closed_because": "not_sold"}
    conn.execute(_unproved(shop_id, variant_id, channel).values(ended))


def begin(conn: sa.Connection, shop_id: str, variant_id: str, channel: str, now: datetime) -> None:
    """Begin to watch; what stood in the shop when they asked is unknown: not sellable (law 2)."""
    unknown: dict[str, Any] = {
        "facts": None,
        "sellable": None,
        "looked_at": None,
        "due_at": now,
        "hints": 0,
        "created_at": now,
    }
    conn.execute(_unproved(shop_id, variant_id, channel).values(proved_at=now))
    watches.begin(conn, shop_id, variant_id, channel, unknown)
