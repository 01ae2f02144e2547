"""Writes signups, and with each its words, its consent and its watch, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.alerts import restocks, watches
from saleor_stoq_app.database import jobs
from saleor_stoq_app.database.tables import consent_texts, signups
from saleor_stoq_app.database.upsert import insert_new, insert_new_many
from saleor_stoq_app.deliveries import ledger
from saleor_stoq_app.deliveries.ledger import About

PROVE = "signups.prove"
PROVE_AFTER = timedelta(seconds=30)

SAME = ("shop_id", "variant_id", "channel", "medium", "contact_hash")


@dataclass(frozen=True, slots=True)
class Entry:
    """A signup about to be stored.

    `consent`: what the provider must be told, or None where it keeps no consents. `baseline`: what the
    watch begins with, or None where Saleor was silent and the signup is not proved.
    """

    row: Mapping[str, Any]
    text: Mapping[str, Any]
    consent: About | None
    baseline: Mapping[str, Any] | None
    now: datetime

    @property
    def wanted(self) -> tuple[str, str, str]:
        return self.row["shop_id"], self.row["variant_id"], self.row["channel"]


def store(connection: sa.Connection, items: Sequence[Entry]) -> list[str]:
    """Store signups and return their ids; the same asking, while open, keeps its first id.

    Rows are written in one order by everybody, so that two transactions never wait for each other.
    """
    rows = sorted((entry.row for entry in items), key=itemgetter(*SAME))
    fresh = insert_new_many(connection, signups, rows)
    new = [entry for entry in items if entry.row["id"] in fresh]
    texts = {(entry.text["shop_id"], entry.text["version"]): entry.text for entry in new}
    for which in sorted(texts):
        insert_new(connection, consent_texts, texts[which])
    ledger.add_consents_of(
        connection, [(entry.consent, entry.row["id"], entry.now) for entry in new if entry.consent]
    )
    proved_last = sorted(new, key=lambda entry: entry.baseline is not None)
    by_wanted = {entry.wanted: entry for entry in proved_last}
    for wanted in sorted(by_wanted):
        _watch(connection, by_wanted[wanted])
    return [entry.row["id"] if entry.row["id"] in fresh else _known(connection, entry) for entry in items]


def _watch(connection: sa.Connection, entry: Entry) -> None:
    """Begin to watch, or ask later whether there is anything to watch."""
    shop_id, variant_id, channel = entry.wanted
    if entry.baseline is None:
        jobs.enqueue(
            connection,
            id=entry.row["id"],
            kind=PROVE,
            unique_key=f"prove:{shop_id}:{channel}:{variant_id}",
            payload={"variant_id": variant_id, "channel": channel},
            run_at=entry.now + PROVE_AFTER,
            shop_id=shop_id,
        )
        return
    watches.begin(connection, shop_id, variant_id, channel, entry.baseline)
    restocks.join(connection, shop_id, variant_id, channel, entry.now)


def _known(connection: sa.Connection, entry: Entry) -> str:
    """Return the first id of the same asking, or store it after all where that ended in this very moment."""
    same = [signups.c[name] == entry.row[name] for name in SAME]
    first = connection.scalar(sa.select(signups.c.id).where(*same, signups.c.closed_at.is_(None)))
    return first or store(connection, [entry])[0]
