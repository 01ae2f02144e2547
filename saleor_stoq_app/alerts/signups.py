"""One asking: a shopper, a variant, a channel and a medium; open once, for as long as it takes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from saleor_stoq_app.alerts import consent
from saleor_stoq_app.alerts.contacts import Contacts
from saleor_stoq_app.alerts.sellable import sellable
from saleor_stoq_app.alerts.signup_store import Entry, store
from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.gathering import Gathering
from saleor_stoq_app.deliveries.ledger import About
from saleor_stoq_app.events import AlertType, Medium, Stage
from saleor_stoq_app.providers.registry import PROVIDERS
from saleor_stoq_app.saleor.availability import Look
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.models import Settings


@dataclass(frozen=True, slots=True)
class NewSignup:
    """What a shopper asked for, checked: E.164 phone, ISO 3166 country, the words agreed to."""

    shop_id: str
    variant_id: str
    channel: str
    medium: Medium
    phone: str = field(repr=False)
    name: str = field(repr=False)
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
        self._gathering = Gathering(database, store)
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
        settings = await self._choices.of(signup.shop_id)
        return await self._gathering.add(self._entry(signup, look, settings))

    def _entry(self, signup: NewSignup, look: Look | None, settings: Settings) -> Entry:
        now = self._clock.now()
        provider = settings.sender(AlertType.BACK_IN_STOCK, signup.medium)
        row = self._row(signup, now, proved=look is not None)
        about = About(signup.shop_id, AlertType.BACK_IN_STOCK, Stage.CONSENT, signup.medium, provider)
        text = {
            "shop_id": signup.shop_id,
            "version": row["consent_version"],
            "locale": signup.consent_locale,
            "text": signup.consent_text,
        }
        return Entry(
            row=row,
            text=text,
            consent=about if PROVIDERS[provider].keeps_consent else None,
            baseline=None if look is None else _baseline(look, settings, now),
            now=now,
        )

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


def _baseline(look: Look, settings: Settings, now: datetime) -> dict[str, Any]:
    return {
        "facts": look.facts.to_json(),
        "sellable": sellable(look.facts, settings.back_in_stock),
        "looked_at": None,
        "due_at": now,
        "hints": 0,
        "created_at": now,
    }
