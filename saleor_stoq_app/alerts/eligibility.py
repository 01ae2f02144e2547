"""Who may still hear, asked right before every send (law 8): the rules, without I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from saleor_stoq_app.deliveries.checks import Later, Stop
from saleor_stoq_app.deliveries.ledger import OPEN, State
from saleor_stoq_app.saleor.availability import Facts
from saleor_stoq_app.settings.models import BackInStockRules

CONSENT_LIMIT = timedelta(minutes=45)
CONSENT_WAIT = 30.0
SILENT_WAIT = 20.0
LOOK_WAIT = 10.0

SOLD_OUT = Stop(State.CANCELLED, "Sold out again; the shopper waits for the next restock.")
NOT_NOW = Later(LOOK_WAIT, "It cannot be bought now; a look follows, and closes the restock or not.")
SILENT = Later(SILENT_WAIT, "Saleor did not answer whether it can still be bought.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What our own records say about one delivery's signup and restock."""

    told_key: str
    signup_id: str
    variant_id: str
    channel: str
    contact: str
    language: str
    country: str
    closed_because: str | None
    suppressed: bool
    restock_open: bool
    restock_opened_at: datetime | None
    consent_state: str | None
    consent_generation: int | None
    consent_called_at: datetime | None
    consent_reason: str


def unwanted(asked: Asked) -> Stop | None:
    """Stop whatever the shopper no longer wants, or must not get."""
    if asked.closed_because:
        return Stop(State.CANCELLED, f"The signup ended: {asked.closed_because}.")
    if asked.suppressed:
        return Stop(State.CANCELLED, "This phone must not be texted.")
    return None


def untimely(asked: Asked, rules: BackInStockRules, now: datetime) -> Stop | None:
    """Stop what came too late: its restock is over, or too long ago (law 3)."""
    if not asked.restock_open or asked.restock_opened_at is None:
        return SOLD_OUT
    if now - asked.restock_opened_at > timedelta(hours=rules.maximum_age_hours):
        return Stop(State.EXPIRED, f"The restock is more than {rules.maximum_age_hours} hours old.")
    return None


def unconsented(asked: Asked, generation: int, now: datetime) -> Stop | Later | None:
    """Wait until the provider confirms the consent, up to a limit (design section 6).

    The limit counts from the moment at which the provider got the consent: what waited here for an
    account to be connected was never refused by anybody.
    """
    current = asked.consent_generation in {None, generation}
    if asked.consent_state == State.ACCEPTED and asked.consent_generation == generation:
        return None
    if current and asked.consent_state is not None and asked.consent_state not in OPEN | {State.ACCEPTED}:
        return Stop(State.REJECTED, asked.consent_reason or "No consent at the provider.")
    if current and asked.consent_called_at and now - asked.consent_called_at > CONSENT_LIMIT:
        return Stop(State.REJECTED, "The provider did not confirm the consent in time.")
    return Later(CONSENT_WAIT, "Waiting until the provider confirms the consent.")


def unsellable(facts: Facts | None, *, is_sellable: bool) -> Later | None:
    """Tell of nothing that is not there; no answer is not a yes.

    Only a look ends a restock, also for who was not told yet: else stock that is away for the moment of
    this check alone would leave the shopper untold while the restock goes on.
    """
    if facts is None:
        return SILENT
    return None if is_sellable else NOT_NOW
