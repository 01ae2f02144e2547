"""Signups are written in one order by everybody: else two transactions could wait for each other."""

import pytest
import sqlalchemy as sa

from saleor_stoq_app.alerts import signup_store
from saleor_stoq_app.alerts.signup_store import Entry
from saleor_stoq_app.clock import new_id
from tests.fixtures.floor import Floor
from tests.fixtures.selling import CHANNEL, SHIRT


@pytest.fixture
async def floor(database, clock, vault) -> Floor:
    return await Floor(database, clock, vault).open()


def entry(floor, number: int) -> Entry:
    now, shop_id, version = floor.clock.now(), floor.shop.id, f"{9 - number:032}"
    row = {
        "id": new_id(now),
        "shop_id": shop_id,
        "variant_id": SHIRT,
        "channel": CHANNEL,
        "medium": "sms",
        "contact": "sealed",
        "contact_hash": f"{number:032}",
        "language": "en",
        "country": "US",
        "quantity": 1,
        "source": "",
        "consent_version": version,
        "consent_origin": "",
        "created_at": now,
        "confirmed_at": now,
        "proved_at": now,
    }
    text = {"shop_id": shop_id, "version": version, "locale": "en", "text": "Text me once."}
    return Entry(row=row, text=text, consent=None, baseline=None, now=now)


async def test_consent_texts_are_written_in_the_order_of_their_versions(floor):
    entries = [entry(floor, number) for number in range(4)]
    written: list[str] = []

    def write(conn: sa.Connection) -> None:
        sa.event.listen(conn, "before_execute", note)
        signup_store.store(conn, entries)
        sa.event.remove(conn, "before_execute", note)

    def note(_conn, statement, many, one, _options):
        if getattr(getattr(statement, "table", None), "name", "") == "consent_texts":
            written.append((many[0] if many else one)["version"])

    await floor.database.write(write)
    assert written == sorted(one.row["consent_version"] for one in entries)
