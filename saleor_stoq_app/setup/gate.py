"""Nothing goes to a provider whose set-up is not verified: it waits, and goes on once it is (R105)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.database.tables import deliveries
from saleor_stoq_app.deliveries import returns
from saleor_stoq_app.deliveries.checks import Check, Stop, Verdict
from saleor_stoq_app.deliveries.ledger import Claimed, State
from saleor_stoq_app.deliveries.returns import Route
from saleor_stoq_app.events import Stage
from saleor_stoq_app.saleor.shops import Shop
from saleor_stoq_app.settings.carriers import Carrier
from saleor_stoq_app.settings.models import Settings
from saleor_stoq_app.setup import store
from saleor_stoq_app.setup.steps import Setup
from saleor_stoq_app.setup.store import Place

INCOMPLETE = "Klaviyo setup incomplete"
"""To the letter (R105)."""


def may_send(setup: Setup, key: str, generation: int) -> bool:
    """Tell whether the flow of these messages is verified for this very connection."""
    flow = setup.flow(key)
    return setup.generation == generation and flow is not None and flow.verified


class Gate:
    """Answers for one stage as another check does, once the set-up of the alert type is verified."""

    def __init__(self, database: Database, check: Check) -> None:
        self._database = database
        self._check = check

    async def phones(self, shop_id: str, signup_ids: Sequence[str]) -> Mapping[str, str]:
        return await self._check.phones(shop_id, signup_ids)

    async def verdicts(
        self, shop: Shop, carrier: Carrier, claimed: Sequence[Claimed]
    ) -> Mapping[str, Verdict]:
        """Park what has no verified flow, and ask about the rest."""
        held = await self._held(shop.id, carrier, claimed)
        open_ones = [one for one in claimed if one.told_key not in held]
        asked = await self._check.verdicts(shop, carrier, open_ones) if open_ones else {}
        return held | dict(asked)

    async def _held(self, shop_id: str, carrier: Carrier, claimed: Sequence[Claimed]) -> dict[str, Verdict]:
        if not carrier.spec.setups:
            return {}
        setups = {
            alert_type: await self._setup(Place(shop_id, alert_type, carrier.spec.id))
            for alert_type in {one.alert_type for one in claimed}
        }
        stop = Stop(State.PARKED, INCOMPLETE)
        generation = carrier.connection.generation
        return {
            one.told_key: stop
            for one in claimed
            if not may_send(setups[one.alert_type], one.told_key.partition(":")[0], generation)
        }

    async def _setup(self, place: Place) -> Setup:
        return (await self._database.read(partial(store.read, place=place))).setup


def follow(conn: sa.Connection, place: Place, before: Setup, settings: Settings, now: datetime) -> None:
    """Release what waited for a flow that is verified now, and hold back what lost its own."""
    after = store.read(conn, place).setup
    had, has = _verified(before), _verified(after)
    chosen = settings.sender(place.alert_type, place.medium) == place.provider
    if has - had and chosen:
        oldest = now - timedelta(hours=settings.back_in_stock.maximum_age_hours)
        route = Route(place.alert_type, place.medium, place.provider)
        returns.release(conn, place.shop_id, [route], now, created_after=oldest)
    elif had - has:
        park(conn, place)


def park(conn: sa.Connection, place: Place) -> int:
    """Let alerts of this type wait, visibly; what is being sent at this moment is not stopped."""
    waiting = (
        deliveries.c.shop_id == place.shop_id,
        deliveries.c.provider == place.provider,
        deliveries.c.alert_type == place.alert_type,
        deliveries.c.medium == place.medium,
        deliveries.c.stage == Stage.ALERT,
        deliveries.c.state == State.DUE,
        deliveries.c.lease.is_(None),
        deliveries.c.endpoint.is_(None),
    )
    values = {"state": State.PARKED, "reason": INCOMPLETE, "due_at": None}
    return conn.execute(sa.update(deliveries).where(*waiting).values(values)).rowcount


def _verified(setup: Setup) -> set[tuple[int, str]]:
    return {(setup.generation, flow.key) for flow in setup.flows if flow.verified}
