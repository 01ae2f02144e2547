"""The settings document: read, changed without losing anybody's change, remembered for a moment."""

import asyncio

import pytest

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import InvalidInput, Unavailable
from saleor_stoq_app.settings.choices import REMEMBERED, Choices
from saleor_stoq_app.settings.models import BackInStockRules, Settings


def named(name):
    return lambda settings: settings.model_copy(update={"shop_name": name})


def counted(settings):
    rules = settings.back_in_stock.model_copy(
        update={"minimum_units": settings.back_in_stock.minimum_units + 1}
    )
    return settings.model_copy(update={"back_in_stock": rules})


@pytest.fixture
def choices(database, clock):
    return Choices(database, clock)


async def test_defaults_hold_until_a_merchant_decides(choices):
    assert await choices.of("a shop without settings") == Settings()


async def test_a_change_is_seen_at_once(choices, floor):
    assert (await choices.change(floor.shop.id, named("Acme Mills"))).shop_name == "Acme Mills"
    assert (await choices.of(floor.shop.id)).shop_name == "Acme Mills"


async def test_another_process_sees_it_after_two_seconds(choices, floor, database, clock):
    other = Choices(database, clock)
    await other.of(floor.shop.id)
    await choices.change(floor.shop.id, named("Acme Mills"))
    clock.advance(REMEMBERED.total_seconds())
    assert (await other.of(floor.shop.id)).shop_name == "Acme Mills"


async def test_changes_at_the_same_time_are_all_kept_or_refused(floor, database, clock):
    """Also the very first ones, of a shop that has no document yet."""
    await database.write(lambda conn: conn.execute(tables.settings.delete()) and None)
    done = await asyncio.gather(
        *(Choices(database, clock).change(floor.shop.id, counted) for _ in range(4)), return_exceptions=True
    )
    assert {type(one) for one in done} <= {Settings, Unavailable}
    kept = [one for one in done if isinstance(one, Settings)]
    settings = await Choices(database, clock).of(floor.shop.id)
    assert settings.back_in_stock.minimum_units == 1 + len(kept)


async def test_a_change_is_applied_to_the_newest_document(choices, floor, database, clock):
    await choices.of(floor.shop.id)
    await Choices(database, clock).change(floor.shop.id, counted)
    assert (await choices.change(floor.shop.id, counted)).back_in_stock.minimum_units == 3


async def test_what_is_not_valid_is_refused_by_the_name_of_its_field(choices, floor):
    wrong = BackInStockRules.model_construct(minimum_units=0)
    with pytest.raises(InvalidInput) as refused:
        await choices.change(floor.shop.id, lambda now: now.model_copy(update={"back_in_stock": wrong}))
    assert refused.value.field == "back_in_stock.minimum_units"
    assert (await choices.of(floor.shop.id)).back_in_stock.minimum_units == 1


async def test_what_must_follow_is_written_in_the_same_transaction(choices, floor):
    seen = []
    await choices.change(
        floor.shop.id, named("Acme Mills"), lambda _conn, settings: seen.append(settings.shop_name)
    )
    assert seen == ["Acme Mills"]


async def test_a_change_that_cannot_be_followed_is_not_made(choices, floor):
    def fails(conn, settings):
        raise Unavailable("no")

    with pytest.raises(Unavailable):
        await choices.change(floor.shop.id, named("Acme Mills"), fails)
    assert (await choices.of(floor.shop.id)).shop_name == "Acme"


async def test_shops_do_not_share_settings(choices, floor, database, clock, vault):
    other = await type(floor)(database, clock, vault).open()
    await choices.change(floor.shop.id, named("Acme Mills"))
    assert (await choices.of(other.shop.id)).shop_name == "Acme"
