"""A signup is stored once while it is open, with all that follows from it, and causes no text (law 3)."""

import asyncio

import pytest
import sqlalchemy as sa

from saleor_stoq_app.alerts import consent
from saleor_stoq_app.alerts.signup_store import PROVE
from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.events import Stage
from tests.fixtures.floor import WORDS
from tests.fixtures.selling import CHANNEL, HAT, SHIRT

ANN, BEA = "+14155550101", "+14155550102"


@pytest.fixture
def shop(floor):
    floor.shelves.put(0)
    return floor


async def jobs(floor):
    return [row for row in await floor.rows(tables.jobs) if row.kind == PROVE]


async def test_a_signup_keeps_who_asked_for_what_and_to_which_words_they_agreed(shop):
    signup_id = await shop.sign_up(ANN)
    [row] = await shop.rows(tables.signups)
    [text] = await shop.rows(tables.consent_texts)
    assert (row.id, row.variant_id, row.channel, row.medium) == (signup_id, SHIRT, CHANNEL, "sms")
    assert row.created_at == row.confirmed_at == row.proved_at == shop.clock.now()
    assert row.consent_version == text.version == consent.version("en", WORDS)
    assert (text.text, text.locale) == (WORDS, "en")


async def test_the_phone_and_the_name_are_in_no_table_in_plain(shop):
    await shop.sign_up(ANN, name="Wilhelmina")
    rows = [row for table in tables.metadata.sorted_tables for row in await _all(shop, table)]
    assert "Wilhelmina" not in str(rows)
    assert ANN.removeprefix("+") not in str(rows)


async def _all(floor, table):
    return await floor.database.read(lambda conn: conn.execute(sa.select(table)).all())


async def test_a_thousand_signups_of_one_phone_are_one(shop):
    ids = {await shop.sign_up(ANN) for _ in range(20)}
    assert len(ids) == len(await shop.rows(tables.signups)) == 1
    assert len(await shop.deliveries(Stage.CONSENT)) == 1


async def test_signups_of_one_phone_at_the_same_moment_are_one(shop):
    ids = await asyncio.gather(*(shop.sign_up(ANN) for _ in range(8)))
    assert len(set(ids)) == len(await shop.rows(tables.signups)) == 1


async def test_another_variant_channel_or_phone_is_another_signup(shop):
    shop.shelves.channels.add("pln")
    ids = [
        await shop.sign_up(ANN),
        await shop.sign_up(BEA),
        await shop.sign_up(ANN, HAT),
        await shop.sign_up(ANN, channel="pln"),
    ]
    assert len(set(ids)) == 4


async def test_a_shopper_whose_signup_ended_may_ask_again(shop):
    first = await shop.sign_up(ANN)
    await shop.change(tables.signups, closed_at=shop.clock.now(), closed_because="converted")
    assert await shop.sign_up(ANN) != first


async def test_the_first_signup_begins_to_watch_with_what_saleor_said_just_then(shop):
    await shop.sign_up(ANN)
    shop.shelves.put(9)
    await shop.sign_up(BEA)
    [watch] = await shop.rows(tables.watches)
    assert (watch.facts["units"], watch.sellable, watch.looked_at) == (0, False, None)
    assert watch.due_at == shop.clock.now()


async def test_a_signup_alone_never_causes_a_text(shop):
    shop.shelves.put(5)
    await shop.sign_up(ANN)
    await shop.work(3600, step=300)
    assert shop.teller.phones == {}


async def test_while_saleor_is_silent_a_signup_is_kept_unproved_and_asked_about_later(shop):
    shop.shelves.silent = Unavailable("silent")
    await shop.sign_up(ANN)
    await shop.sign_up(BEA)
    assert [row.proved_at for row in await shop.rows(tables.signups)] == [None, None]
    assert await shop.rows(tables.watches) == []
    [job] = await jobs(shop)
    assert job.payload == {"variant_id": SHIRT, "channel": CHANNEL}


async def test_the_consent_is_owed_to_the_provider_at_once(shop):
    signup_id = await shop.sign_up(ANN)
    [row] = await shop.deliveries(Stage.CONSENT)
    assert (row.told_key, row.state, row.due_at) == (f"consent:{signup_id}", "due", shop.clock.now())


async def test_shops_do_not_know_each_others_shoppers(shop, database, clock, vault):
    other = await type(shop)(database, clock, vault).open()
    other.shelves.put(0)
    assert await shop.sign_up(ANN) != await other.sign_up(ANN)
    [mine], [theirs] = await shop.rows(tables.signups), await other.rows(tables.signups)
    assert mine.contact_hash != theirs.contact_hash


async def test_the_same_words_are_kept_for_each_shop_that_showed_them(shop, database, clock, vault):
    """Signups of several shops may be written in one transaction."""
    other = await type(shop)(database, clock, vault).open()
    other.shelves.put(0)
    other.signups, other.choices = shop.signups, shop.choices
    await shop.choices.of(shop.shop.id)
    await shop.choices.of(other.shop.id)
    await asyncio.gather(*(floor.sign_up(phone) for floor in (shop, other) for phone in (ANN, BEA)))
    assert [len(await floor.rows(tables.consent_texts)) for floor in (shop, other)] == [1, 1]
    assert [len(await floor.deliveries(Stage.CONSENT)) for floor in (shop, other)] == [2, 2]


async def test_of_signups_at_one_moment_the_one_that_saleor_proved_begins_the_watch(shop):
    proved = asyncio.create_task(shop.sign_up(ANN))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    shop.shelves.silent = Unavailable("silent")
    await asyncio.gather(proved, shop.sign_up(BEA))
    [watch] = await shop.rows(tables.watches)
    assert watch.facts["units"] == 0
