"""What our own records say about a claimed delivery, in one query per batch."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from saleor_stoq_app.alerts import records
from saleor_stoq_app.database import tables
from tests.fixtures.floor import restocked
from tests.fixtures.selling import CHANNEL, SHIRT

ANN, BEA = "+14155550101", "+14155550102"


async def read(floor):
    shop_id = floor.shop.id
    keys = [row.told_key for row in await floor.deliveries()]
    return await floor.database.read(lambda conn: records.read(conn, shop_id, keys))


async def test_a_record_joins_the_signup_its_restock_and_its_consent(floor):
    [signup_id] = await restocked(floor, ANN)
    [restock] = await floor.rows(tables.restocks)
    [asked] = await read(floor)
    assert (asked.signup_id, asked.variant_id, asked.channel) == (signup_id, SHIRT, CHANNEL)
    assert (asked.restock_open, asked.restock_opened_at) == (True, restock.opened_at)
    assert (asked.consent_state, asked.consent_generation) == ("accepted", 1)
    assert asked.consent_called_at == restock.opened_at - timedelta(seconds=30)
    assert (asked.suppressed, asked.closed_because) == (False, None)


async def test_a_consent_that_was_never_asked_for_is_not_known(floor):
    await restocked(floor, ANN)
    consents = tables.deliveries.c.stage == "consent"
    await floor.database.write(
        lambda conn: conn.execute(sa.delete(tables.deliveries).where(consents)) and None
    )
    [asked] = await read(floor)
    assert (asked.consent_state, asked.consent_called_at, asked.consent_reason) == (None, None, "")


@pytest.mark.parametrize(
    ("table", "values", "seen"),
    [
        (tables.restocks, {"closed_at": sa.func.now()}, {"restock_open": False}),
        (tables.signups, {"closed_because": "unsubscribed"}, {"closed_because": "unsubscribed"}),
    ],
)
async def test_what_ended_shows(floor, table, values, seen):
    await restocked(floor, ANN)
    await floor.change(table, **values)
    [asked] = await read(floor)
    assert {name: getattr(asked, name) for name in seen} == seen


async def test_a_suppressed_phone_shows_in_its_own_shop_and_medium_alone(floor):
    ids = await restocked(floor, ANN, BEA)
    row = {
        "shop_id": floor.shop.id,
        "contact_hash": floor.contacts.hash(floor.shop.id, ANN),
        "medium": "sms",
        "means": "stop",
        "suppressed_at": floor.clock.now(),
    }
    others = [row | {"medium": "email", "contact_hash": floor.contacts.hash(floor.shop.id, BEA)}]
    await floor.database.write(
        lambda conn: conn.execute(sa.insert(tables.suppressions), [row, *others]) and None
    )
    assert {one.signup_id: one.suppressed for one in await read(floor)} == dict(
        zip(ids, (True, False), strict=True)
    )


async def test_a_delivery_whose_signup_was_erased_is_left_out(floor):
    await restocked(floor, ANN)
    mine = tables.signups.c.shop_id == floor.shop.id
    await floor.database.write(lambda conn: conn.execute(sa.delete(tables.signups).where(mine)) and None)
    assert await read(floor) == []


async def test_keys_of_another_shop_are_not_read(floor):
    await restocked(floor, ANN)
    keys = [row.told_key for row in await floor.deliveries()]
    assert await floor.database.read(lambda conn: records.read(conn, "another shop", keys)) == []
