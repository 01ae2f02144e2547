"""Inserts that leave existing rows alone say truly whether the row is new, on both databases."""

import sqlalchemy as sa

from saleor_stoq_app.database.tables import marks
from saleor_stoq_app.database.upsert import insert_new


async def test_a_row_is_new_once(database):
    def twice(conn):
        return [insert_new(conn, marks, {"name": name, "value": "first"}) for name in "aab"]

    assert await database.write(twice) == [True, False, True]


async def test_an_existing_row_stays_as_it_is(database):
    for value in ("first", "second"):
        await database.write(lambda conn, v=value: insert_new(conn, marks, {"name": "a", "value": v}))
    assert await database.read(lambda conn: conn.scalar(sa.select(marks.c.value))) == "first"
