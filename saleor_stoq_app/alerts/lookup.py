"""Whether a variant is sold in a channel at all: asked of Saleor once in a while, not per signup."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto

from saleor_stoq_app.alerts.recent import Recent
from saleor_stoq_app.clock import Clock
from saleor_stoq_app.errors import InvalidInput, NotFound, StoqError
from saleor_stoq_app.log import get
from saleor_stoq_app.saleor.availability import ABSENT, Availability, Look
from saleor_stoq_app.saleor.shops import Shop

KEPT_SECONDS = 30.0
PATIENCE_SECONDS = 3.0

log = get(__name__)


class _Missing(Enum):
    CHANNEL = auto()
    VARIANT = auto()


@dataclass(frozen=True, slots=True)
class _Question:
    shop: Shop = field(compare=False)
    shop_id: str
    variant_id: str
    channel: str
    preorder_key: str


class Lookup:
    """Proves what a shopper asks for. What it answers with may be 30 seconds old."""

    def __init__(
        self, availability: Availability, clock: Clock, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._availability = availability
        self._patience = patience
        self._recent = Recent(self._ask, clock, seconds=KEPT_SECONDS)

    async def look(self, shop: Shop, channel: str, variant_id: str, *, preorder_key: str) -> Look | None:
        """Return what Saleor says of the variant, or None while Saleor is silent.

        Raises:
            InvalidInput: CHANNEL_NOT_FOUND or VARIANT_NOT_FOUND; both are public knowledge.
        """
        found = await self._recent.get(_Question(shop, shop.id, variant_id, channel, preorder_key))
        if found is _Missing.CHANNEL:
            raise channel_not_found()
        if found is _Missing.VARIANT:
            raise variant_not_found()
        return found

    async def _ask(self, question: _Question) -> Look | _Missing | None:
        try:
            async with asyncio.timeout(self._patience):
                looks = await self._availability.look(
                    question.shop,
                    question.channel,
                    [question.variant_id],
                    preorder_key=question.preorder_key,
                )
        except NotFound:
            return _Missing.CHANNEL
        except (StoqError, TimeoutError) as error:
            log.warning("lookup.unanswered", shop=question.shop_id, error=type(error).__name__)
            return None
        look = looks[question.variant_id]
        return _Missing.VARIANT if look.content is None and look.facts == ABSENT else look


def channel_not_found() -> InvalidInput:
    return InvalidInput(
        "This channel is not known to the shop.",
        field="channel",
        fix="Send the slug of the Saleor channel.",
        code="CHANNEL_NOT_FOUND",
    )


def variant_not_found() -> InvalidInput:
    return InvalidInput(
        "This variant is not sold in this channel.",
        field="variant",
        fix="Send the id of a Saleor variant that is listed in the channel.",
        code="VARIANT_NOT_FOUND",
    )
