"""Events about the app itself make us ask Saleor, and change nothing by themselves."""

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database.tables import shops as shops_table
from saleor_stoq_app.saleor.shops import ShopStatus
from saleor_stoq_app.webhooks.lifecycle import EVENTS


async def ask_at(door, shop):
    wanted = sa.select(shops_table.c.ask_at).where(shops_table.c.id == shop.id)
    return await door.db.read(lambda conn: conn.execute(wanted).scalar_one())


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("status", list(ShopStatus))
async def test_saleor_is_asked_soon_whatever_we_believed(door, saleor, shop, shops, event, status):
    await shops.set_status(shop.id, status)

    response = await door.deliver(
        saleor, "lifecycle", event, EVENTS[event], app={"id": "QXBwOjE=", "isActive": False}
    )

    assert response.status_code == 200
    assert await ask_at(door, shop) == door.clock.now()
    assert (await shops.by_id(shop.id, fresh=True)).status is status


async def test_without_such_an_event_nobody_is_asked(door, saleor, shop):
    await door.stock(saleor)

    assert await ask_at(door, shop) is None
