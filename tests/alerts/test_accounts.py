"""What a merchant mends goes on, re-checked, and nothing that was not owed is sent (law 3)."""

import pytest

from saleor_stoq_app.alerts import consent_backfill
from saleor_stoq_app.alerts.accounts import Accounts
from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import InvalidInput, NeedsMerchant
from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.settings.models import BackInStockRules
from tests.fixtures.floor import WINDOW, Floor, restocked
from tests.fixtures.selling import CHANNEL
from tests.fixtures.telling import loses, tools

ANN, BEA = "+14155550101", "+14155550102"


@pytest.fixture
async def floor(database, clock, vault) -> Floor:
    """A shop that has not connected anything yet."""
    return await Floor(database, clock, vault).open(connected=False)


def accounts(floor):
    return Accounts(
        database=floor.database,
        clock=floor.clock,
        choices=floor.choices,
        plans=floor.plans,
        connections=floor.connections,
        tools=tools(floor.clock),
        providers=floor.providers,
    )


def show(settings):
    return settings.model_copy(update={"storefronts": {CHANNEL: WINDOW}})


def rename(settings):
    return settings.model_copy(update={"shop_name": "Acme Mills"})


async def test_connecting_releases_what_waited_for_it(floor):
    await restocked(floor, ANN)
    await floor.work(60)
    assert (await floor.states(), floor.teller.calls) == (["parked"], [])
    await accounts(floor).connect(floor.shop.id, ProviderId.KLAVIYO, "pk_1")
    await floor.work(60)
    assert floor.teller.phones == {ANN: 1}


async def test_what_was_released_is_checked_again(floor):
    await restocked(floor, ANN)
    await floor.work(60)
    floor.shelves.put(0)
    await accounts(floor).connect(floor.shop.id, ProviderId.KLAVIYO, "pk_1")
    await floor.work(120)
    assert (await floor.states(), floor.teller.phones) == (["cancelled"], {})


async def test_what_became_too_old_while_it_was_parked_expires(floor):
    await restocked(floor, ANN)
    await floor.work()
    floor.clock.advance(49 * 3600)
    await accounts(floor).connect(floor.shop.id, ProviderId.KLAVIYO, "pk_1")
    assert await floor.states() == ["expired"]
    assert [row.state for row in await floor.deliveries(Stage.CONSENT)] == ["due"]


async def test_connecting_asks_for_the_consents_of_everyone_who_waits_in_the_same_transaction(floor):
    connection = await accounts(floor).connect(floor.shop.id, ProviderId.KLAVIYO, "pk_1")
    [job] = await floor.rows(tables.jobs)
    assert job.kind == consent_backfill.KIND
    assert job.payload == {"provider": "klaviyo", "generation": connection.generation}


async def test_a_provider_that_keeps_no_consent_is_asked_for_none(floor):
    floor.teller.keeps_consent = False
    await accounts(floor).connect(floor.shop.id, ProviderId.KLAVIYO, "pk_1")
    assert await floor.rows(tables.jobs) == []


async def test_a_change_of_settings_releases_what_was_parked_and_sends_nothing_else(floor):
    await floor.connect()
    await floor.choices.change(floor.shop.id, lambda now: now.model_copy(update={"storefronts": {}}))
    await restocked(floor, ANN)
    await floor.work(10)
    assert await floor.states() == ["parked"]
    await accounts(floor).change(floor.shop.id, show)
    await floor.work(30)
    assert floor.teller.phones == {ANN: 1}
    await accounts(floor).change(floor.shop.id, rename)
    await floor.work(30)
    assert floor.teller.phones == {ANN: 1}


async def test_another_process_that_remembers_the_old_settings_parks_nothing_again(floor):
    await floor.connect()
    await floor.choices.change(floor.shop.id, lambda now: now.model_copy(update={"storefronts": {}}))
    await restocked(floor, ANN)
    process = floor.process()
    await floor.work(process=process)
    await accounts(floor).change(floor.shop.id, show)
    await floor.work(30, step=1, process=process)
    assert floor.teller.phones == {ANN: 1}


async def test_settings_that_are_not_valid_change_and_release_nothing(floor):
    await restocked(floor, ANN)
    await floor.work()
    with pytest.raises(InvalidInput):
        await accounts(floor).change(
            floor.shop.id,
            lambda now: now.model_copy(
                update={"back_in_stock": BackInStockRules.model_construct(minimum_units=0)}
            ),
        )
    assert await floor.states() == ["parked"]


async def test_a_refused_key_parks_is_reported_and_goes_on_with_a_new_one(floor):
    await floor.connect()
    await restocked(floor, ANN, BEA)
    floor.teller.script.append(loses(NeedsMerchant("The key was refused.")))
    await floor.work(60)
    connection = await floor.connections.of(floor.shop.id, ProviderId.KLAVIYO)
    assert (await floor.states(), connection.problem) == (["parked", "parked"], "The key was refused.")
    await accounts(floor).connect(floor.shop.id, ProviderId.KLAVIYO, "pk_2")
    await floor.work(60)
    assert floor.teller.phones == {ANN: 1, BEA: 1}
