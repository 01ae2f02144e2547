"""Who cannot carry says why in a word for programs and a sentence for people."""

import pytest

from saleor_stoq_app.errors import NeedsMerchant
from saleor_stoq_app.providers.base import ProviderId
from saleor_stoq_app.settings.carriers import Carriers
from saleor_stoq_app.settings.plans import Plan
from tests.fixtures.browsing import KLAVIYO
from tests.fixtures.telling import tools


@pytest.fixture
def carriers(floor):
    return Carriers(floor.plans, floor.connections, tools(floor.clock), floor.providers)


async def refused(carriers, floor, provider):
    with pytest.raises(NeedsMerchant) as caught:
        await carriers.of(floor.shop.id, provider)
    assert caught.value.message.endswith(".")
    assert caught.value.fix
    return caught.value.code


@pytest.mark.parametrize("provider", [ProviderId.STOQ, ProviderId.POSTSCRIPT])
async def test_a_provider_that_sends_nothing_yet_carries_nothing(carriers, floor, provider):
    assert await refused(carriers, floor, provider) == "NOT_AVAILABLE"


async def test_what_is_not_connected_carries_nothing(carriers, floor):
    assert await refused(carriers, floor, KLAVIYO) == "NOT_CONNECTED"


async def test_the_plan_comes_before_the_connection(carriers, floor):
    await floor.connect()
    await floor.plans.change(floor.shop.id, Plan.FREE)
    assert await refused(carriers, floor, KLAVIYO) == "PLAN_TOO_SMALL"


async def test_a_connection_with_a_problem_waits_for_the_merchant(carriers, floor):
    connection = await floor.connect()
    await floor.connections.report(connection, "The key was refused.")
    assert await refused(carriers, floor, KLAVIYO) == "NEEDS_MERCHANT"


async def test_a_strategy_is_kept_while_the_account_stays_the_same(carriers, floor):
    await floor.connect()
    first = await carriers.of(floor.shop.id, KLAVIYO)
    assert await carriers.of(floor.shop.id, KLAVIYO) is first
    await floor.connect("pk_2")
    assert await carriers.of(floor.shop.id, KLAVIYO) is not first
