"""A consent goes to the provider while the signup stands, and an alert waits for it (design section 6)."""

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import Rejected, Retryable
from saleor_stoq_app.events import Consent, Stage
from tests.fixtures.floor import WORDS, Floor, restocked
from tests.fixtures.telling import HANDED_OVER, HANDED_OVER_AND_FORGOTTEN, loses

ANN = "+14155550101"


async def test_the_consent_says_who_agreed_when_where_and_to_which_words(floor):
    floor.shelves.put(0)
    await floor.sign_up(ANN)
    given_at = floor.clock.now()
    floor.clock.advance(5)
    await floor.work()
    [message] = floor.teller.consents
    assert message.consent == Consent(given_at, "https://www.shop.example", WORDS)
    assert (message.recipient.phone, message.stage, message.variables) == (ANN, Stage.CONSENT, {})


@pytest.mark.parametrize("how", ["closed", "suppressed"])
async def test_the_consent_of_who_left_is_not_recorded(floor, how):
    floor.shelves.put(0)
    await floor.sign_up(ANN)
    now, shop_id = floor.clock.now(), floor.shop.id
    if how == "closed":
        await floor.change(tables.signups, closed_at=now, closed_because="unsubscribed")
    else:
        row = {"shop_id": shop_id, "contact_hash": floor.contacts.hash(shop_id, ANN), "medium": "sms"}
        row |= {"means": "stop", "suppressed_at": now}
        await floor.database.write(lambda conn: conn.execute(sa.insert(tables.suppressions), row) and None)
    await floor.work()
    assert floor.teller.consents == []
    assert [row.state for row in await floor.deliveries(Stage.CONSENT)] == ["cancelled"]


async def test_the_alert_waits_until_the_consent_is_read_back(floor):
    floor.teller.consent_script.append(HANDED_OVER)
    await restocked(floor, ANN)
    await floor.process().alerts.turn(floor.shop.id)
    assert floor.teller.alert_calls == []
    await floor.work(120)
    assert floor.teller.phones == {ANN: 1}


async def test_a_first_refusal_after_a_long_wait_for_consent_is_soon_tried_again(floor):
    """Waiting is no attempt: the back-off counts calls."""
    floor.teller.consent_script.append(HANDED_OVER)
    await restocked(floor, ANN)
    await floor.process().alerts.turn(floor.shop.id)
    floor.teller.script.append(loses(Retryable("Slow down.", after=1)))
    await floor.work(100, step=5)
    assert floor.teller.phones == {ANN: 1}


async def test_a_consent_that_the_provider_lost_is_recorded_again(floor):
    floor.teller.consent_script.append(HANDED_OVER_AND_FORGOTTEN)
    await restocked(floor, ANN)
    await floor.work(300)
    assert len(floor.teller.consents) == 1
    assert floor.teller.phones == {ANN: 1}


async def test_without_consent_at_the_provider_nobody_is_told_and_the_reason_is_kept(floor):
    floor.teller.consent_script.append(loses(Rejected("unsubscribed at Klaviyo")))
    await restocked(floor, ANN)
    await floor.work(60)
    assert floor.teller.phones == {}
    [row] = await floor.deliveries()
    assert (row.state, row.reason) == ("rejected", "unsubscribed at Klaviyo")


async def test_an_alert_that_waited_for_a_connection_still_waits_for_the_consent(database, clock, vault):
    """Two hours without an account are no refusal by the provider (law 3)."""
    floor = await Floor(database, clock, vault).open(connected=False)
    await restocked(floor, ANN)
    await floor.work(7200, step=600)
    assert await floor.states() == ["parked"]
    floor.teller.consent_script.append(HANDED_OVER)
    await floor.connect_and_release()
    await floor.work(180)
    assert floor.teller.phones == {ANN: 1}
