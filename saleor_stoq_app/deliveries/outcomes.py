"""From what a check or a provider said to what is written in the ledger: pure (law 6)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from saleor_stoq_app.deliveries.checks import Later, Stop
from saleor_stoq_app.deliveries.ledger import Claimed, Settlement, State
from saleor_stoq_app.errors import NeedsMerchant, Rejected, Retryable, Unknown
from saleor_stoq_app.providers.base import Accepted, HandedOver, Result

FIRST_WAIT = 5.0
LONGEST_WAIT = 600.0


def back_off(attempts: int) -> float:
    """Return 5, 10, 20 ... at most 600 seconds where none, one, two ... calls came before this one."""
    return float(min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT))


def of_result(claimed: Claimed, result: Result, now: datetime, *, deduplicates: bool) -> Settlement:
    """Translate a provider's result; `unknown` is repeated only where a repeat tells nobody twice."""
    match result:
        case Accepted():
            return Settlement(State.ACCEPTED, "", None, now)
        case HandedOver(check_after=seconds):
            return Settlement(State.HANDED_OVER, "", now + timedelta(seconds=seconds), now)
        case Retryable(message=reason, after=after):
            due_at = now + timedelta(seconds=max(after, back_off(claimed.attempts)))
            return Settlement(State.DUE, reason, due_at, now, forget_call=claimed.endpoint is None)
        case NeedsMerchant(message=reason):
            return Settlement(State.PARKED, reason, None, now, forget_call=claimed.endpoint is None)
        case Unknown(message=reason) if deduplicates:
            return Settlement(State.DUE, reason, now + timedelta(seconds=back_off(claimed.attempts)), now)
        case Unknown(message=reason):
            return Settlement(State.UNKNOWN, reason, None, now)
        case Rejected(message=reason):
            return Settlement(State.REJECTED, reason, None, now)
    msg = f"{type(result).__name__} is no result of a provider"
    raise TypeError(msg)


def of_verdict(claimed: Claimed, verdict: Later | Stop, now: datetime) -> Settlement:
    """Translate the verdict of a check on a delivery that does not leave now."""
    if isinstance(verdict, Stop):
        return Settlement(verdict.state, verdict.reason, None, now)
    due_at = now + timedelta(seconds=verdict.seconds)
    return Settlement(State.DUE, verdict.reason, due_at, now, forget_call=claimed.endpoint is None)


def of_no_call(claimed: Claimed, now: datetime) -> Settlement:
    """Hand back what was marked for a call that was then not made."""
    return Settlement(State.DUE, "", now, now, forget_call=claimed.endpoint is None)


def grouped(settlements: Mapping[str, Settlement]) -> dict[Settlement, list[str]]:
    """Group keys that share a settlement, so that each group is one statement."""
    groups: dict[Settlement, list[str]] = defaultdict(list)
    for key, settlement in settlements.items():
        groups[settlement].append(key)
    return groups
