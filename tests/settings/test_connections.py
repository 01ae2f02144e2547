"""Provider accounts: encrypted, one per provider, and each change of identity a new generation."""

import asyncio

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database import tables
from saleor_stoq_app.providers.base import Account, ProviderId
from tests.fixtures.telling import ACCOUNT

OTHER = Account("XyZ789", "Other", frozenset())


async def known(floor):
    return await floor.connections.of(floor.shop.id, ProviderId.KLAVIYO)


async def test_nothing_is_connected_at_first(floor):
    assert await known(floor) is None


async def test_an_account_is_kept_with_what_it_may(floor):
    connection = await floor.connect("pk_secret")
    assert connection == await known(floor)
    assert (connection.credential, connection.account_id, connection.account_name) == (
        "pk_secret",
        "AbC123",
        "Acme",
    )
    assert (connection.scopes, connection.generation, connection.problem) == (ACCOUNT.scopes, 1, "")


async def test_the_credential_is_not_stored_in_plain(floor):
    await floor.connect("pk_secret")
    assert "pk_secret" not in str(await floor.rows(tables.connections))


@pytest.mark.parametrize(
    ("again", "generation"),
    [
        ({"key": "pk_2"}, 1),
        ({"account": OTHER}, 2),
        ({"kind": "oauth"}, 2),
    ],
)
async def test_another_account_or_kind_of_access_is_a_new_generation(floor, again, generation):
    first = await floor.connect()
    second = await floor.connect(**again)
    assert (second.id, second.generation) == (first.id, generation)


async def test_coming_back_to_an_earlier_account_is_a_generation_of_its_own(floor):
    for account in (ACCOUNT, OTHER, ACCOUNT):
        connection = await floor.connect(account=account)
    assert connection.generation == 3


async def test_connecting_twice_at_the_same_moment_leaves_one_account_and_no_generation_twice(floor):
    made = await asyncio.gather(
        *(floor.connect(account=Account(f"A{n}", "Acme", frozenset())) for n in range(6))
    )
    assert sorted(connection.generation for connection in made) == [1, 2, 3, 4, 5, 6]
    assert len(await floor.rows(tables.connections)) == 1


async def test_a_problem_is_remembered_until_the_merchant_connects_again(floor):
    await floor.connections.report(await floor.connect(), "The key was refused.")
    assert (await known(floor)).problem == "The key was refused."
    assert (await floor.connect("pk_2")).problem == ""


async def test_a_problem_of_a_credential_that_was_replaced_is_none(floor):
    old = await floor.connect("pk_1")
    await floor.connect("pk_2")
    await floor.connections.report(old, "The key was refused.")
    assert (await known(floor)).problem == ""


async def test_a_problem_of_an_account_that_is_gone_is_none(floor):
    old = await floor.connect()
    await floor.database.write(lambda conn: conn.execute(sa.delete(tables.connections)) and None)
    await floor.connections.report(old, "The key was refused.")
    assert await known(floor) is None


async def test_shops_do_not_share_accounts(floor, database, clock, vault):
    await floor.connect()
    other = await type(floor)(database, clock, vault).open(connected=False)
    assert await known(other) is None
