"""Every shop that ever installed the app, whatever became of it: what an operator asks about."""

import sqlalchemy as sa

from saleor_stoq_app.database.tables import shops
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.wiring import House

INSTALL = "Install it in the Dashboard (Extensions, Install app) with the manifest {}/api/manifest."


async def every_shop(house: House) -> list[Shop]:
    """Return the shops, the oldest first; paused and removed ones, too."""
    wanted = sa.select(shops.c.id).order_by(shops.c.id)
    ids = await house.database.read(lambda conn: conn.scalars(wanted).all())
    return [shop for shop_id in ids if (shop := await house.shops.by_id(shop_id, fresh=True))]
