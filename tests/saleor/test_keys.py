"""A shop is asked for its keys when there is a reason to, by one caller, and not again for a minute."""

import asyncio

import httpx
import pytest

from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Unavailable
from saleor_stoq_app.http import Client
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.saleor.keys import AskedAlready, KeyRing
from saleor_stoq_app.saleor.shops import Shops
from saleor_stoq_app.sandbox.saleor import SandboxSaleor


@pytest.fixture
def saleor(clock):
    return SandboxSaleor(clock)


@pytest.fixture
def shops(database, vault, clock):
    return Shops(database, vault, clock)


@pytest.fixture
async def shop(saleor, shops):
    url = parse_saleor_api_url(saleor.shop.api_url)
    return await shops.save(
        url, app_id="QXBwOjE=", token="t", jwks=saleor.key().jwks(), schema_version="3.23"
    )


@pytest.fixture
async def ring(saleor, shops, clock):
    async with Client(guarded=False, transport=httpx.ASGITransport(saleor.app)) as http:
        yield KeyRing(shops, http, Config(), clock)


async def test_keys_are_prepared_once(ring, shop):
    assert ring.of(shop) is ring.of(shop)


async def test_newer_keys_are_kept_for_all(ring, shop, shops, saleor):
    saleor.rotate_key()

    keys = await ring.newer(shop)

    assert set(keys) == {saleor.key().kid}
    assert (await shops.by_id(shop.id, fresh=True)).jwks == saleor.key().jwks()
    assert set(ring.of(await shops.by_id(shop.id))) == set(keys)


async def test_callers_at_once_share_one_fetch(ring, shop, saleor):
    saleor.faults.add("jwks", "unavailable", times=1)

    answers = await asyncio.gather(*(ring.newer(shop) for _ in range(5)), return_exceptions=True)

    assert {type(it) for it in answers} == {Unavailable}


async def test_within_the_cool_down_the_last_keys_are_named_and_nobody_is_asked(ring, shop, saleor, clock):
    first = await ring.newer(shop)
    saleor.rotate_key()

    with pytest.raises(AskedAlready) as refused:
        await ring.newer(shop)
    assert refused.value.last == first

    clock.advance(60)
    assert set(await ring.newer(shop)) == {saleor.key().kid}


async def test_within_the_cool_down_of_a_failure_there_are_no_last_keys(ring, shop, saleor, clock):
    saleor.faults.add("jwks", "html", times=1)
    with pytest.raises(Unavailable):
        await ring.newer(shop)

    with pytest.raises(AskedAlready) as refused:
        await ring.newer(shop)
    assert refused.value.last is None

    clock.advance(60)
    assert await ring.newer(shop)
