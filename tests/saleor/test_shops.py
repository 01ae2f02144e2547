import asyncio
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database.tables import shops as table
from saleor_stoq_app.errors import NotFound
from saleor_stoq_app.saleor.shops import REMEMBERED, Shops, ShopStatus

URL = "https://shop.example/graphql/"
FIRST = {"app_id": "QXBwOjE=", "token": "first-token", "jwks": {"keys": [1]}, "schema_version": "3.23"}
SECOND = {"app_id": "QXBwOjI=", "token": "second-token", "jwks": {"keys": [2]}, "schema_version": "3.24"}


class CountingDatabase:
    """Counts the reads of a real database."""

    def __init__(self, database):
        self._database = database
        self.write = database.write
        self.reads = 0

    async def read(self, fn):
        self.reads += 1
        return await self._database.read(fn)


@pytest.fixture
def counted(database):
    return CountingDatabase(database)


@pytest.fixture
def shops(counted, vault, clock):
    return Shops(counted, vault, clock)


@pytest.fixture
def elsewhere(database, vault, clock):
    """The shops as another process sees them."""
    return Shops(database, vault, clock)


async def test_a_kept_shop_is_found_by_each_of_its_names(shops, elsewhere):
    shop = await shops.save(URL, **FIRST)
    for place in (shops, elsewhere):
        assert await place.by_url(URL) == shop
        assert await place.by_url("HTTPS://Shop.Example:443/graphql") == shop
        assert await place.by_id(shop.id) == shop
        assert await place.by_public_key(shop.public_key) == shop
    assert (shop.token, shop.jwks, shop.status) == ("first-token", {"keys": [1]}, ShopStatus.ACTIVE)


async def test_a_public_key_is_long_and_says_what_it_is(shops):
    shop = await shops.save(URL, **FIRST)
    assert re.fullmatch(r"pub_[A-Za-z0-9_-]{32}", shop.public_key)


async def test_a_stranger_is_nobody(shops):
    assert await shops.by_url(URL) is None
    assert await shops.by_url("not a URL\x00") is None
    assert await shops.by_id("nobody") is None
    assert await shops.by_public_key("pub_" + "x" * 32) is None
    assert await shops.by_public_key("nonsense\x00") is None


async def test_a_second_installation_keeps_the_shop_and_replaces_its_credentials(shops, elsewhere, clock):
    first = await shops.save(URL, **FIRST)
    await shops.set_status(first.id, ShopStatus.UNINSTALLED)
    clock.advance(3600)
    second = await shops.save(URL, **SECOND)
    assert (second.id, second.public_key) == (first.id, first.public_key)
    assert (second.app_id, second.token, second.jwks) == ("QXBwOjI=", "second-token", {"keys": [2]})
    assert (second.schema_version, second.status) == ("3.24", ShopStatus.ACTIVE)
    assert await shops.by_url(URL) == second == await elsewhere.by_url(URL)


async def test_a_second_installation_keeps_the_first_ones_date(shops, database, clock):
    await shops.save(URL, **FIRST)
    installed = clock.now()
    clock.advance(3600)
    await shops.save(URL, **SECOND)
    dates = await database.read(lambda conn: conn.execute(sa.select(table.c.installed_at)).scalars().all())
    assert dates == [installed]


async def test_two_installations_at_once_make_one_shop(shops, elsewhere):
    one, other = await asyncio.gather(shops.save(URL, **FIRST), elsewhere.save(URL, **SECOND))
    assert one.id == other.id
    assert len(await shops.active()) == 1


async def test_the_token_is_not_readable_in_the_table_or_in_a_log(shops, database):
    shop = await shops.save(URL, **FIRST)
    stored = await database.read(lambda conn: conn.execute(sa.select(table.c.token)).scalar_one())
    assert "first-token" not in stored
    assert "first-token" not in repr(shop)


async def test_a_delivery_costs_no_query(shops, counted):
    shop = await shops.save(URL, **FIRST)
    for _ in range(100):
        assert await shops.by_url(URL) is await shops.by_id(shop.id)
        assert await shops.by_public_key(shop.public_key) is not None
    assert counted.reads == 0


async def test_what_another_process_changed_is_seen_after_some_seconds(shops, elsewhere, clock):
    shop = await shops.save(URL, **FIRST)
    await elsewhere.save(URL, **SECOND)
    assert (await shops.by_url(URL)).app_id == "QXBwOjE="
    clock.advance(REMEMBERED.total_seconds())
    assert (await shops.by_url(URL)).app_id == "QXBwOjI="
    assert (await shops.by_id(shop.id)).token == "second-token"


async def test_a_fresh_answer_does_not_wait_for_memory_to_end(shops, elsewhere):
    shop = await shops.save(URL, **FIRST)
    await elsewhere.save(URL, **SECOND)
    assert (await shops.by_url(URL, fresh=True)).app_id == "QXBwOjI="
    assert (await shops.by_id(shop.id)).app_id == "QXBwOjI="


async def test_an_answer_read_before_a_change_is_not_remembered_after_it(database, vault, clock):
    class Slow:
        """A database whose reads answer late."""

        def __init__(self):
            self.write = database.write
            self.gate = asyncio.Event()

        async def read(self, fn):
            row = await database.read(fn)
            await self.gate.wait()
            return row

    slow = Slow()
    shops = Shops(slow, vault, clock)
    first = await Shops(database, vault, clock).save(URL, **FIRST)
    asked = asyncio.create_task(shops.by_url(URL))
    await asyncio.sleep(0.05)
    changed = await shops.save_jwks(first.id, {"keys": [3]})
    slow.gate.set()
    await asked
    assert await shops.by_url(URL) is changed


async def test_only_active_shops_are_served_the_oldest_first(shops, clock):
    kept = []
    for name in ("a", "b", "c"):
        kept.append(await shops.save(f"https://{name}.example/graphql/", **FIRST))
        clock.advance(1)
    await shops.set_status(kept[1].id, ShopStatus.PAUSED)
    assert await shops.active() == [kept[0], kept[2]]


async def test_new_keys_replace_the_old_ones(shops, elsewhere):
    shop = await shops.save(URL, **FIRST)
    renewed = await shops.save_jwks(shop.id, {"keys": [9]})
    assert renewed == replace(shop, jwks={"keys": [9]})
    assert (await shops.by_url(URL)).jwks == (await elsewhere.by_url(URL)).jwks == {"keys": [9]}


async def test_an_upgraded_saleor_is_known_by_its_new_version(shops, elsewhere):
    shop = await shops.save(URL, **FIRST)
    assert (await shops.set_schema_version(shop.id, "3.24.1")).schema_version == "3.24"
    assert (await elsewhere.by_id(shop.id)).schema_version == "3.24"


async def test_news_about_an_earlier_installation_does_not_touch_the_present_one(shops):
    shop = await shops.save(URL, **FIRST)
    await shops.save(URL, **SECOND)
    kept = await shops.set_status(shop.id, ShopStatus.UNINSTALLED, app_id="QXBwOjE=")
    assert kept.status == ShopStatus.ACTIVE
    gone = await shops.set_status(shop.id, ShopStatus.UNINSTALLED, app_id="QXBwOjI=")
    assert gone.status == ShopStatus.UNINSTALLED


async def test_a_shop_that_is_not_there_cannot_be_changed(shops):
    with pytest.raises(NotFound):
        await shops.set_status("nobody", ShopStatus.PAUSED)
    with pytest.raises(NotFound):
        await shops.save_jwks("nobody", {})
    with pytest.raises(NotFound):
        await shops.set_schema_version("nobody", "3.24")
