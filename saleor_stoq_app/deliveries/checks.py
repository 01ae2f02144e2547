"""What must be asked right before a message leaves (law 8), declared here and answered by the features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from saleor_stoq_app.deliveries.ledger import Claimed, State
from saleor_stoq_app.events import Message, Stage
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.settings.carriers import Carrier


@dataclass(frozen=True, slots=True)
class Tell:
    """Still right: this is what to say."""

    message: Message


@dataclass(frozen=True, slots=True)
class Later:
    """Not to be decided now: ask again after `seconds`."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Not to be told: the delivery ends, or is parked, with the reason that people will read."""

    state: State
    reason: str


Verdict = Tell | Later | Stop


class Check(Protocol):
    """Answers for one stage whether claimed deliveries may leave."""

    async def verdicts(
        self, shop: Shop, carrier: Carrier, claimed: Sequence[Claimed]
    ) -> Mapping[str, Verdict]:
        """Return a verdict for every told_key. A check without an answer is `Later`, never `Tell`."""

    async def phones(self, shop_id: str, signup_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the E.164 phones of these signups, for reading back what was handed over."""


Checks = Mapping[Stage, Check]
