"""Limits count what they should, on the in-memory Redis and on a real one."""

import pytest

from saleor_stoq_app.api.limits import PER_ADDRESS, PER_PHONE, Limits
from saleor_stoq_app.coordination import Limiter
from saleor_stoq_app.errors import TooMany


@pytest.fixture
def limits(redis, clock, vault) -> Limits:
    return Limits(Limiter(redis, clock), vault)


async def test_a_phone_is_counted_across_addresses(limits):
    for number in range(PER_PHONE.calls):
        await limits.count(address=f"203.0.113.{number}", shop_key="pub_a", phone="+14155550142")

    with pytest.raises(TooMany) as refused:
        await limits.count(address="203.0.113.99", shop_key="pub_a", phone="+14155550142")

    assert 0 < refused.value.after <= PER_PHONE.seconds


async def test_a_phone_is_counted_per_shop(limits):
    for number in range(PER_PHONE.calls):
        await limits.count(address=f"203.0.113.{number}", shop_key="pub_a", phone="+14155550142")

    await limits.count(address="203.0.113.99", shop_key="pub_b", phone="+14155550142")


async def test_an_address_is_counted_across_phones(limits):
    for number in range(PER_ADDRESS.calls):
        await limits.count(address="203.0.113.1", shop_key="pub_a", phone=f"+1415555{number:04}")

    with pytest.raises(TooMany, match="Too many signups"):
        await limits.count(address="203.0.113.1", shop_key="pub_a", phone="+14155559999")
