"""What every start asks for: tidy watches, living grants, and webhooks as this version wants them."""

import sqlalchemy as sa

from saleor_stoq_app.alerts import housekeeping
from saleor_stoq_app.clock import new_id
from saleor_stoq_app.database import jobs
from saleor_stoq_app.saleor import reconciling
from saleor_stoq_app.settings import keeping
from saleor_stoq_app.wiring import House


async def ask_for_upkeep(house: House) -> None:
    """Queue the jobs; asked for by several processes at once, each runs once."""
    now = house.clock.now()
    active = await house.shops.active()
    wanted: list[tuple[str, str, str | None]] = [
        (kind, kind, None) for kind in (housekeeping.KIND, keeping.KEEP)
    ]
    wanted += [(reconciling.KIND, f"{reconciling.KIND}:{shop.id}", shop.id) for shop in active]
    asked = [(new_id(now), *job) for job in wanted]

    def ask(conn: sa.Connection) -> None:
        for job_id, kind, unique_key, shop_id in asked:
            jobs.enqueue(
                conn, id=job_id, kind=kind, unique_key=unique_key, payload={}, run_at=now, shop_id=shop_id
            )

    await house.database.write(ask)
