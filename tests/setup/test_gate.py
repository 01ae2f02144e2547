"""Without a verified flow nothing leaves: it waits with a reason that people can act on (R105)."""

from dataclasses import replace

import pytest

from saleor_stoq_app.deliveries.checks import Stop, Tell
from saleor_stoq_app.deliveries.ledger import Claimed, State
from saleor_stoq_app.events import AlertType, Medium, Message, Recipient, Stage
from saleor_stoq_app.settings.carriers import Carrier
from saleor_stoq_app.setup.gate import Gate
from tests.setup.bench import ALERT

TOLD = Tell(
    Message("k", AlertType.BACK_IN_STOCK, Stage.ALERT, Medium.SMS, Recipient("+14155550100"), variables={})
)


class AlwaysTells:
    """A check that lets everything go."""

    async def verdicts(self, _shop, _carrier, claimed):
        return {one.told_key: TOLD for one in claimed}

    async def phones(self, _shop_id, signup_ids):
        return dict.fromkeys(signup_ids, "+14155550100")


def claimed(clock, key="alert:s:r", alert_type=AlertType.BACK_IN_STOCK):
    now = clock.now()
    return Claimed(
        told_key=key,
        signup_id="s",
        restock_id="r",
        alert_type=alert_type,
        endpoint=None,
        generation=None,
        attempts=0,
        called_at=None,
        created_at=now,
        provider="klaviyo",
    )


@pytest.fixture
def asked(bench):
    gate = Gate(bench.database, AlwaysTells())

    async def ask(*ones):
        carrier = Carrier(bench.spec, bench.connection, None)
        return await gate.verdicts(bench.shop, carrier, ones or [claimed(bench.clock)])

    return ask


async def test_unverified_it_waits_with_the_help_pages_words(asked):
    """R105."""
    assert await asked() == {"alert:s:r": Stop(State.PARKED, "Klaviyo setup incomplete")}


async def test_verified_it_goes(bench, asked):
    bench.account.add("Mine", ALERT)
    await bench.verify("Mine")
    assert await asked() == {"alert:s:r": TOLD}


async def test_each_alert_type_waits_for_its_own_set_up(bench, asked):
    """R12, R109."""
    bench.account.add("Mine", ALERT)
    await bench.verify("Mine")
    said = await asked(claimed(bench.clock), claimed(bench.clock, "preorder:o", AlertType.PREORDER))
    assert said["alert:s:r"] is TOLD
    assert said["preorder:o"].state is State.PARKED


async def test_a_connection_of_another_generation_waits_to_be_verified(bench, asked):
    bench.account.add("Mine", ALERT)
    await bench.verify("Mine")
    bench.connection = replace(bench.connection, generation=2)
    assert (await asked())["alert:s:r"].state is State.PARKED


async def test_a_provider_without_set_up_needs_none(bench, asked):
    bench.spec = replace(bench.spec, setups={})
    assert await asked() == {"alert:s:r": TOLD}


async def test_phones_are_those_of_the_check(bench):
    assert await Gate(bench.database, AlwaysTells()).phones("s", ["1"]) == {"1": "+14155550100"}
