"""The check right before an alert leaves (law 8), and the words that it writes."""

import pytest
import sqlalchemy as sa

from saleor_stoq_app.alerts.eligibility import SOLD_OUT
from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import Forbidden, Unavailable
from saleor_stoq_app.events import BACK_IN_STOCK_VARIABLES
from saleor_stoq_app.saleor.client import Refused, TokenRefused
from tests.fixtures.floor import restocked
from tests.fixtures.selling import CHANNEL, SHIRT

ANN, BEA = "+14155550101", "+14155550102"


async def send(floor):
    return await floor.process().alerts.turn(floor.shop.id)


async def outcome(floor):
    [row] = await floor.deliveries()
    return row.state, row.reason


async def test_a_message_holds_the_shopper_and_all_twelve_variables(floor):
    await restocked(floor, ANN)
    await send(floor)
    [message] = floor.teller.messages.values()
    assert message.recipient.phone == message.variables["customer_phone"] == ANN
    assert set(message.variables) == set(BACK_IN_STOCK_VARIABLES)
    assert message.variables["title_incl_variant"] == "Floral Shirt - Medium"
    assert message.variables["price"] == "$19.90"
    assert message.variables["shop_name"] == "Acme"
    assert (
        message.variables["purchase_link"]
        == f"https://www.shop.example/floral-shirt?v={SHIRT.replace('=', '%3D')}"
    )


async def test_each_shopper_reads_it_in_the_language_of_the_signup(floor):
    floor.shelves.put(0)
    await floor.sign_up(ANN, language="de", country="DE")
    await restocked(floor, BEA)
    await send(floor)
    prices = {m.recipient.phone: m.variables["price"] for m in floor.teller.messages.values()}
    assert prices == {ANN: "19,90\N{NO-BREAK SPACE}$", BEA: "$19.90"}


@pytest.mark.parametrize(
    "trouble", [Unavailable("silent"), TokenRefused("a token"), Refused("a question"), Forbidden("a host")]
)
async def test_while_saleor_is_silent_nothing_is_sent_and_it_is_tried_later(floor, trouble):
    await restocked(floor, ANN)
    floor.shelves.silent = trouble
    await send(floor)
    [row] = await floor.deliveries()
    assert (row.state, row.endpoint, floor.teller.alert_calls) == ("due", None, [])
    assert 0 < (row.due_at - floor.clock.now()).total_seconds() <= 60
    floor.shelves.silent = None
    floor.clock.advance(60)
    await send(floor)
    assert floor.teller.phones == {ANN: 1}


async def test_what_cannot_be_bought_at_the_moment_is_not_sent_and_looked_at_at_once(floor):
    await restocked(floor, ANN)
    floor.shelves.put(0)
    await send(floor)
    assert (await outcome(floor))[0] == "due"
    assert (await floor.rows(tables.watches))[0].due_at == floor.clock.now()
    await floor.work(20)
    assert await outcome(floor) == ("cancelled", SOLD_OUT.reason)
    assert floor.teller.phones == {}


async def test_without_a_storefront_address_it_is_parked_with_the_reason(floor):
    await restocked(floor, ANN)
    await floor.choices.change(floor.shop.id, lambda now: now.model_copy(update={"storefronts": {}}))
    await send(floor)
    assert await outcome(floor) == ("parked", f"No storefront address is set for the channel {CHANNEL}.")


@pytest.mark.parametrize("because", ["unsubscribed", "converted", "erased"])
async def test_who_left_is_not_told(floor, because):
    await restocked(floor, ANN)
    await floor.change(tables.signups, closed_at=floor.clock.now(), closed_because=because)
    await send(floor)
    assert await outcome(floor) == ("cancelled", f"The signup ended: {because}.")
    assert floor.teller.alert_calls == []


async def test_a_suppressed_phone_is_never_told_while_the_others_are(floor):
    await restocked(floor, ANN, BEA)
    row = {"shop_id": floor.shop.id, "contact_hash": floor.contacts.hash(floor.shop.id, ANN)}
    row |= {"medium": "sms", "means": "stop", "suppressed_at": floor.clock.now()}
    await floor.database.write(lambda conn: conn.execute(sa.insert(tables.suppressions), row) and None)
    await floor.work(60)
    assert floor.teller.phones == {BEA: 1}


async def test_a_signup_that_was_erased_ends_its_alert(floor):
    await restocked(floor, ANN)
    mine = tables.signups.c.shop_id == floor.shop.id
    await floor.database.write(lambda conn: conn.execute(sa.delete(tables.signups).where(mine)) and None)
    await send(floor)
    assert await outcome(floor) == ("cancelled", "The signup was erased.")


async def test_an_alert_older_than_the_merchant_allows_expires(floor):
    await restocked(floor, ANN)
    floor.clock.advance(48 * 3600 + 1)
    await send(floor)
    assert (await outcome(floor))[0] == "expired"


async def test_saleor_is_asked_once_for_a_batch_of_one_channel(floor):
    await restocked(floor, *(f"+141555501{n}" for n in range(10, 30)))
    asked = len(floor.shelves.asked)
    await send(floor)
    assert len(floor.shelves.asked) == asked + 1
    assert len(floor.teller.phones) == 20


async def test_a_provider_that_keeps_no_consent_is_not_waited_for(floor):
    floor.teller.keeps_consent = False
    await restocked(floor, ANN)
    consents = tables.deliveries.c.stage == "consent"
    await floor.database.write(
        lambda conn: conn.execute(sa.delete(tables.deliveries).where(consents)) and None
    )
    await send(floor)
    assert floor.teller.phones == {ANN: 1}
