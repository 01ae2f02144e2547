"""One asking: a shopper, a variant, a channel and a medium; open once, for as long as it takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.alerts import consent, restocks
from saleor_stoq_app.alerts.contacts import Contacts
from saleor_stoq_app.alerts.sellable import sellable
from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database import jobs
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import consent_texts, signups, watches
from saleor_stoq_app.database.upsert import insert_new
from saleor_stoq_app.deliveries import ledger
from saleor_stoq_app.deliveries.ledger import About
from saleor_stoq_app.events import AlertType, Medium, Stage
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.saleor.availability import Look
from saleor_stoq_app.settings.choices import Choices

PROVE = "signups.prove"
PROVE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class NewSignup:
    """What a shopper asked for, checked: E.164 phone, ISO 3166 country, the words agreed to."""

    shop_id: str
    variant_id: str
    channel: str
    medium: Medium
    phone: str
    name: str
    language: str
    country: str
    quantity: int
    source: str
    consent_text: str
    consent_locale: str
    consent_origin: str


class Signups:
    """Accepts signups; never the cause of a text by itself (law 3)."""

    def __init__(self, *, database: Database, clock: Clock, contacts: Contacts, choices: Choices) -> None:
        self._database = database
        self._clock = clock
        self._contacts = contacts
        self._choices = choices

    async def add(self, signup: NewSignup, look: Look | None) -> str:
        """Store a signup and return its id; the same asking, while open, returns the first id.

        `look` is what Saleor says about the variant now; None: it is silent, so the signup is accepted
        unproved and watched only when proved.

        Raises:
            Unavailable: it could not be stored.
        """
        now = self._clock.now()
        settings = await self._choices.of(signup.shop_id)
        row = self._row(signup, now, proved=look is not None)
        about = About(
            signup.shop_id, AlertType.BACK_IN_STOCK, Stage.CONSENT, signup.medium, settings.sms_provider
        )
        keeps_consent = PROVIDERS[settings.sms_provider].keeps_consent
        baseline = (
            None if look is None else _baseline(look, sellable(look.facts, settings.back_in_stock), now)
        )

        def store(connection: sa.Connection) -> str:
            known = _store_signup(connection, row)
            if known is not None:
                return known
            _store_consent_text(connection, row, signup)
            if keeps_consent:
                ledger.add_consent(connection, about, row["id"], now)
            if baseline is None:
                _prove_later(connection, row, now)
            else:
                watch(connection, signup.shop_id, signup.variant_id, signup.channel, baseline)
                restocks.join(connection, signup.shop_id, signup.variant_id, signup.channel, now)
            return str(row["id"])

        return await self._database.write(store)

    def _row(self, signup: NewSignup, now: datetime, *, proved: bool) -> dict[str, Any]:
        return {
            "id": new_id(now),
            "shop_id": signup.shop_id,
            "variant_id": signup.variant_id,
            "channel": signup.channel,
            "medium": signup.medium,
            "contact": self._contacts.seal(signup.phone, signup.name),
            "contact_hash": self._contacts.hash(signup.shop_id, signup.phone),
            "language": signup.language,
            "country": signup.country,
            "quantity": signup.quantity,
            "source": signup.source,
            "consent_version": consent.version(signup.consent_locale, signup.consent_text),
            "consent_origin": signup.consent_origin,
            "created_at": now,
            "confirmed_at": now,
            "proved_at": now if proved else None,
        }


def _store_signup(connection: sa.Connection, row: dict[str, Any]) -> str | None:
    """Insert the signup; return the id of an open one of the same person, or None if it is new."""
    if insert_new(connection, signups, row):
        return None
    same = [
        signups.c[name] == row[name]
        for name in ("shop_id", "variant_id", "channel", "medium", "contact_hash")
    ]
    return connection.scalar(sa.select(signups.c.id).where(*same, signups.c.closed_at.is_(None)))


def _store_consent_text(connection: sa.Connection, row: dict[str, Any], signup: NewSignup) -> None:
    text = {
        "shop_id": signup.shop_id,
        "version": row["consent_version"],
        "locale": signup.consent_locale,
        "text": signup.consent_text,
    }
    insert_new(connection, consent_texts, text)


def _baseline(look: Look, judged: bool, now: datetime) -> dict[str, Any]:  # noqa: FBT001 - one caller, two lines up
    return {
        "facts": look.facts.to_json(),
        "sellable": judged,
        "looked_at": None,
        "due_at": now,
        "hints": 0,
        "created_at": now,
    }


def watch(
    connection: sa.Connection, shop_id: str, variant_id: str, channel: str, baseline: dict[str, Any]
) -> None:
    """Begin to watch a variant; one that is watched already keeps what its last look saw."""
    row = baseline | {"shop_id": shop_id, "variant_id": variant_id, "channel": channel}
    insert_new(connection, watches, row)


def _prove_later(connection: sa.Connection, row: dict[str, Any], now: datetime) -> None:
    subject = {"variant_id": row["variant_id"], "channel": row["channel"]}
    jobs.enqueue(
        connection,
        id=row["id"],
        kind=PROVE,
        unique_key=f"prove:{row['shop_id']}:{row['channel']}:{row['variant_id']}",
        payload=subject,
        run_at=now + PROVE_AFTER,
        shop_id=row["shop_id"],
    )
