"""Reads what our own records say about claimed deliveries, in one query per batch."""

from collections.abc import Sequence

import sqlalchemy as sa

from saleor_stoq_app.alerts.eligibility import Asked
from saleor_stoq_app.database.tables import deliveries, restocks, signups, suppressions
from saleor_stoq_app.deliveries.ledger import consent_key

_consents = deliveries.alias("consents")
_REFUSED = signups.outerjoin(
    suppressions,
    sa.and_(
        suppressions.c.shop_id == signups.c.shop_id,
        suppressions.c.contact_hash == signups.c.contact_hash,
        suppressions.c.medium == signups.c.medium,
    ),
)
_ASKED = (
    sa.select(
        deliveries.c.told_key,
        signups.c.id.label("signup_id"),
        signups.c.variant_id,
        signups.c.channel,
        signups.c.contact,
        signups.c.language,
        signups.c.country,
        signups.c.closed_because,
        suppressions.c.means.is_not(None).label("suppressed"),
        sa.and_(restocks.c.id.is_not(None), restocks.c.closed_at.is_(None)).label("restock_open"),
        restocks.c.opened_at.label("restock_opened_at"),
        _consents.c.state.label("consent_state"),
        _consents.c.generation.label("consent_generation"),
        _consents.c.called_at.label("consent_called_at"),
        sa.func.coalesce(_consents.c.reason, "").label("consent_reason"),
    )
    .select_from(
        deliveries.join(_REFUSED, signups.c.id == deliveries.c.signup_id)
        .outerjoin(restocks, restocks.c.id == deliveries.c.restock_id)
        .outerjoin(
            _consents,
            sa.and_(
                _consents.c.shop_id == deliveries.c.shop_id,
                _consents.c.told_key == consent_key(deliveries.c.signup_id),
            ),
        )
    )
    .where(
        deliveries.c.shop_id == sa.bindparam("shop_id"),
        deliveries.c.told_key.in_(sa.bindparam("keys", expanding=True)),
    )
)


def read(connection: sa.Connection, shop_id: str, keys: Sequence[str]) -> list[Asked]:
    """Return what is known of each of these told_keys; one whose signup is gone is left out."""
    rows = connection.execute(_ASKED, {"shop_id": shop_id, "keys": list(keys)})
    return [Asked(*row) for row in rows]
