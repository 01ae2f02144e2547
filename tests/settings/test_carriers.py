"""Who carries a shop's messages: the chosen provider, built once per account."""

from dataclasses import replace

import pytest

from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.providers.base import Account, ProviderId
from saleor_stoq_app.settings.carriers import Carriers
from tests.fixtures.telling import tools


@pytest.fixture
def built():
    return []


@pytest.fixture
def carriers(floor, built):
    def build(_tools, connection):
        built.append(connection)
        return floor.teller

    spec = replace(floor.teller.spec(), build=build)
    return Carriers(floor.choices, floor.connections, tools(floor.clock), {ProviderId.KLAVIYO: spec})


async def test_without_an_account_the_merchant_must_connect_one(carriers, floor):
    with pytest.raises(NeedsMerchant, match="Teller is not connected") as needs:
        await carriers.of(floor.shop.id)
    assert needs.value.fix == "Connect Teller."


async def test_a_provider_is_built_once_per_account(carriers, floor, built):
    connection = await floor.connect()
    assert (await carriers.of(floor.shop.id)).connection == connection
    assert await carriers.of(floor.shop.id) is await carriers.of(floor.shop.id)
    assert built == [connection]


@pytest.mark.parametrize("change", [{"key": "pk_2"}, {"account": Account("X", "Other", frozenset())}])
async def test_another_key_or_account_is_built_anew(carriers, floor, built, change):
    await floor.connect()
    await carriers.of(floor.shop.id)
    connection = await floor.connect(**change)
    assert (await carriers.of(floor.shop.id)).connection == connection
    assert len(built) == 2


async def test_a_reported_problem_stops_the_account_until_it_is_mended(carriers, floor):
    await floor.connect()
    await carriers.report(await carriers.of(floor.shop.id), "The key was refused.")
    with pytest.raises(NeedsMerchant, match="The key was refused"):
        await carriers.of(floor.shop.id)
    await floor.connect("pk_2")
    assert (await carriers.of(floor.shop.id)).connection.credential == "pk_2"
