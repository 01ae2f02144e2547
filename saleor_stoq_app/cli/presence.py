"""One process among others: it beats, and takes over what dead ones held."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.alerts import watches
from saleor_stoq_app.database import work
from saleor_stoq_app.database.processes import ALIVE_SECONDS, BEAT_SECONDS, Presence
from saleor_stoq_app.database.tables import processes
from saleor_stoq_app.deliveries import returns
from saleor_stoq_app.log import get
from saleor_stoq_app.wiring import House

log = get(__name__)


@asynccontextmanager
async def present(house: House, role: str, stop: asyncio.Event) -> AsyncIterator[None]:
    """Take a place among the running processes until told to stop.

    Raises:
        Misconfigured: another process lives, and the two must not run together.
    """
    presence = Presence(
        house.database,
        house.clock,
        id=house.process_id,
        role=role,
        shares_redis=bool(house.config.redis_url),
    )
    await presence.arrive()
    await take_over_from_dead(house)
    beating = asyncio.create_task(_beat(house, presence, stop))
    try:
        yield
    finally:
        stop.set()
        await beating
        await presence.leave()


async def _beat(house: House, presence: Presence, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), BEAT_SECONDS)
        try:
            await presence.beat()
            await take_over_from_dead(house)
        except Exception as error:  # a heart that stops gives what this process holds to others
            log.exception("heartbeat.failed", error=type(error).__name__)


async def take_over_from_dead(house: House) -> None:
    """Make due at once what processes held that were not heard of lately.

    The file lock lets an embedded database have one process only, so there every other one is dead.
    """
    now = house.clock.now()
    alive_since = now if house.config.embedded else now - timedelta(seconds=ALIVE_SECONDS)
    returned = await house.database.write(lambda conn: take_over(conn, house.process_id, alive_since, now))
    if returned:
        log.warning("leases.taken_over", deliveries=returned)


def take_over(conn: sa.Connection, me: str, alive_since: datetime, now: datetime) -> int:
    """Return leases of the dead and forget them; return how many deliveries came back."""
    lost = sa.select(processes.c.id).where(processes.c.id != me, processes.c.seen_at < alive_since)
    dead = conn.scalars(lost).all()
    returned = 0
    for process_id in dead:
        returned += returns.return_leases(conn, now, process_id)
        work.return_leases(conn, now, process_id)
        conn.execute(sa.delete(processes).where(processes.c.id == process_id))
    if dead:
        watches.bring_forward(conn, now)
    return returned
