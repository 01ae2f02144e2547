"""Contacts are sealed at rest, opened for one message, and found again by a keyed hash."""

import pytest

from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.events import Recipient
from saleor_stoq_app.secrets import Vault, fresh_keys

ANN = "+14155550101"


async def test_what_was_sealed_is_opened_for_the_message(floor):
    sealed = floor.contacts.seal(ANN, "Zoë")
    assert ANN not in sealed
    assert floor.contacts.recipient(sealed, "de", "US") == Recipient(ANN, "Zoë", "de", "Vereinigte Staaten")


async def test_one_phone_has_one_hash_per_shop(floor):
    assert floor.contacts.hash("a", ANN) == floor.contacts.hash("a", ANN)
    assert floor.contacts.hash("a", ANN) != floor.contacts.hash("b", ANN)


async def test_phones_are_given_for_the_signups_of_this_shop_alone(floor):
    floor.shelves.put(0)
    signup_id = await floor.sign_up(ANN)
    assert await floor.contacts.phones(floor.shop.id, [signup_id, "unknown"]) == {signup_id: ANN}
    assert await floor.contacts.phones("another shop", [signup_id]) == {}
    assert await floor.contacts.phones(floor.shop.id, []) == {}


async def test_another_key_opens_nothing(floor):
    secret, hashed = fresh_keys()
    sealed = floor.contacts.seal(ANN, "Ann")
    with pytest.raises(Misconfigured):
        type(floor.contacts)(floor.database, Vault([secret], hashed)).recipient(sealed, "en", "")
