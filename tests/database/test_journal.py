"""The journal answers "why?" for one subject of one shop, in order."""

import pytest
import sqlalchemy as sa

from saleor_stoq_app.clock import new_id
from saleor_stoq_app.database import journal
from saleor_stoq_app.database.tables import shops


@pytest.fixture
async def shop_ids(database, clock) -> list[str]:
    def install(conn):
        for name in ("one", "two"):
            conn.execute(
                sa.insert(shops).values(
                    id=name, public_key=name, saleor_api_url=f"https://{name}.example/graphql/",
                    app_id="QXBw", token="", jwks={}, schema_version="3.23", status="active",
                    installed_at=clock.now(),
                )
            )  # fmt: skip

    await database.write(install)
    return ["one", "two"]


async def test_a_subjects_decisions_are_read_in_order_and_within_the_shop(database, clock, shop_ids):
    for shop_id in shop_ids:
        for what in ("opened", "told"):
            now, entry_id = clock.now(), new_id(clock.now())
            await database.write(
                lambda conn, s=shop_id, w=what, n=now, i=entry_id: journal.write(
                    conn, id=i, shop_id=s, at=n, what=w, subject="restock:1", seen={"units": 3}
                )
            )
            clock.advance(1)
    entries = await database.read(lambda conn: journal.read(conn, shop_id="two", subject="restock:1"))
    assert [entry.what for entry in entries] == ["opened", "told"]
    assert entries[0].seen == {"units": 3}
    assert entries[0].at.tzinfo is not None
    assert await database.read(lambda conn: journal.read(conn, shop_id="two", subject="restock:2")) == []
