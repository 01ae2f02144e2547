"""`Reset setup`: forgets our side, parks what waits, says what stays live at the provider (R80 to R84)."""

from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import ProviderError
from saleor_stoq_app.providers.flows import FlowManager
from saleor_stoq_app.setup import gate, steps, store
from saleor_stoq_app.setup.managed import FlowManagers
from saleor_stoq_app.setup.steps import Setup
from saleor_stoq_app.setup.store import Kept, Place

WARNING = (
    "A reset removes the verified status of the SMS flows: they must be set up and verified again. "
    "Flows in Klaviyo are not deleted: they stay active until you pause or delete them there."
)


class Cleanup(StrEnum):
    """What becomes of the flows that we made; those of others are never touched."""

    KEEP = "keep"
    PAUSE = "pause"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Left:
    """A flow after a reset: whether we made it, whether it is still there, and what kept us from more."""

    flow_id: str
    name: str
    ours: bool
    stays: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WasReset:
    """What a reset did."""

    parked: int
    left: tuple[Left, ...]


class Resetting:
    """Resets set-ups."""

    def __init__(self, *, database: Database, clock: Clock, managers: FlowManagers) -> None:
        self._database = database
        self._clock = clock
        self._managers = managers

    async def reset(self, place: Place, cleanup: Cleanup = Cleanup.KEEP) -> WasReset:
        """Reset first, then pause or delete what we made: no alert goes into a flow that is being paused."""
        now = self._clock.now()

        def forget(conn: sa.Connection) -> tuple[Setup, int]:
            before = store.locked(conn, place, now).setup
            store.put(conn, place, Kept(steps.reset(before)), now)
            return before, gate.park(conn, place)

        before, parked = await self._database.write(forget)
        left = _known(before)
        if cleanup is not Cleanup.KEEP and any(one.ours for one in left):
            left = await self._clean_up(place, left, cleanup)
        return WasReset(parked, left)

    async def _clean_up(self, place: Place, left: tuple[Left, ...], cleanup: Cleanup) -> tuple[Left, ...]:
        try:
            manager = (await self._managers(place.shop_id, place.provider)).flows
        except ProviderError as error:
            return tuple(replace(one, problem=error.message) if one.ours else one for one in left)
        cleaned = [await _clean(manager, one, cleanup) if one.ours else one for one in left]
        deleted = {one.flow_id for one in cleaned if not one.stays} if cleanup is Cleanup.DELETE else set()
        await self._forget_made(place, deleted)
        return tuple(cleaned)

    async def _forget_made(self, place: Place, deleted: set[str]) -> None:
        now = self._clock.now()

        def forget(conn: sa.Connection) -> None:
            kept = store.locked(conn, place, now)
            made = tuple(flow_id for flow_id in kept.setup.made if flow_id not in deleted)
            store.put(conn, place, replace(kept, setup=replace(kept.setup, made=made)), now)

        await self._database.write(forget)


def _known(setup: Setup) -> tuple[Left, ...]:
    """Return every flow that we know of, those too that an earlier set-up made."""
    flows = {flow.flow_id: flow for flow in setup.flows if flow.flow_id}
    ids = list(dict.fromkeys([*flows, *setup.made]))
    return tuple(
        Left(flow_id, flows[flow_id].name if flow_id in flows else "", flow_id in setup.made, stays=True)
        for flow_id in ids
    )


async def _clean(manager: FlowManager, left: Left, cleanup: Cleanup) -> Left:
    try:
        if cleanup is Cleanup.DELETE:
            await manager.delete(left.flow_id)
        else:
            await manager.pause(left.flow_id)
    except ProviderError as error:
        return replace(left, problem=error.message)
    return replace(left, stays=False)
