"""The check of a consent: recorded at the provider while the signup stands, with the words agreed to."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from saleor_stoq_app.alerts.contacts import Contacts
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import consent_texts, signups, suppressions
from saleor_stoq_app.deliveries.checks import Stop, Tell, Verdict
from saleor_stoq_app.deliveries.ledger import Claimed, State
from saleor_stoq_app.events import AlertType, Consent, Medium, Message, Stage
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.settings.carriers import Carrier

ENDED = Stop(State.CANCELLED, "The signup ended before its consent was recorded.")

_SUPPRESSED = sa.exists().where(
    suppressions.c.shop_id == signups.c.shop_id,
    suppressions.c.contact_hash == signups.c.contact_hash,
    suppressions.c.medium == signups.c.medium,
)
_STANDING = (
    sa.select(signups, consent_texts.c.text)
    .join(
        consent_texts,
        sa.and_(
            consent_texts.c.shop_id == signups.c.shop_id,
            consent_texts.c.version == signups.c.consent_version,
        ),
    )
    .where(
        signups.c.shop_id == sa.bindparam("shop_id"),
        signups.c.id.in_(sa.bindparam("ids", expanding=True)),
        signups.c.closed_at.is_(None),
        ~_SUPPRESSED,
    )
)


class ConsentCheck:
    """Answers for consents."""

    def __init__(self, database: Database, contacts: Contacts) -> None:
        self._database = database
        self._contacts = contacts

    async def phones(self, shop_id: str, signup_ids: Sequence[str]) -> Mapping[str, str]:
        return await self._contacts.phones(shop_id, signup_ids)

    async def verdicts(
        self,
        shop: Shop,
        carrier: Carrier,  # noqa: ARG002 - part of Check
        claimed: Sequence[Claimed],
    ) -> Mapping[str, Verdict]:
        ids = [one.signup_id for one in claimed]
        rows = await self._database.read(
            lambda conn: conn.execute(_STANDING, {"shop_id": shop.id, "ids": ids}).all()
        )
        standing = {row.id: row for row in rows}
        return {
            one.told_key: self._message(one, standing[one.signup_id]) if one.signup_id in standing else ENDED
            for one in claimed
        }

    def _message(self, claimed: Claimed, row: Any) -> Verdict:
        return Tell(
            Message(
                key=claimed.told_key,
                alert_type=AlertType(claimed.alert_type),
                stage=Stage.CONSENT,
                medium=Medium.SMS,
                recipient=self._contacts.recipient(row.contact, row.language, row.country),
                variables={},
                consent=Consent(row.confirmed_at or row.created_at, row.consent_origin, row.text),
            )
        )
