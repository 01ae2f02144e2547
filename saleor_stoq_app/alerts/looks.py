"""A look: ask Saleor what is true, compare with the last look, open or close restocks (laws 1, 2, 3)."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from saleor_stoq_app.alerts import restocks, watches
from saleor_stoq_app.alerts.sellable import Change, compare, judged_alike, sellable
from saleor_stoq_app.alerts.watches import Watch
from saleor_stoq_app.clock import Clock, new_id
from saleor_stoq_app.config import Config
from saleor_stoq_app.database import journal
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.errors import NotFound, StoqError
from saleor_stoq_app.log import get
from saleor_stoq_app.saleor.availability import ABSENT, Availability, Facts
from saleor_stoq_app.saleor.client import TokenRefused
from saleor_stoq_app.saleor.shops import Shop, Shops
from saleor_stoq_app.saleor.standing import REFUSED, Standing
from saleor_stoq_app.settings.choices import Choices
from saleor_stoq_app.settings.models import BackInStockRules

PER_TURN = 300
SILENT = timedelta(seconds=20)

log = get(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found for one watch; `restock_id` and `entry_id` are used if it opens a restock."""

    watch: Watch
    facts: Facts
    preorder_key: str
    next_look: datetime
    restock_id: str
    entry_id: str


class Looks:
    """Works off due watches, one bounded turn per shop."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        config: Config,
        shops: Shops,
        availability: Availability,
        choices: Choices,
        standing: Standing,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sweep = config.sweep_seconds
        self._shops = shops
        self._availability = availability
        self._choices = choices
        self._standing = standing

    async def due(self) -> list[str]:
        now = self._clock.now()
        return await self._database.read(lambda connection: watches.shops_due(connection, now))

    async def turn(self, shop_id: str) -> float | None:
        """Look at some due watches; return 0 if more may wait, None if not."""
        now = self._clock.now()
        claimed = await self._database.write(
            lambda connection: watches.claim(
                connection, shop_id, now=now, until=now + watches.LEASE, limit=PER_TURN
            )
        )
        shop = await self._shops.by_id(shop_id)
        if not claimed or shop is None:
            return None
        rules = await self._choices.of(shop_id)
        by_channel: dict[str, list[Watch]] = defaultdict(list)
        for watch in claimed:
            by_channel[watch.channel].append(watch)
        for channel, group in by_channel.items():
            await self._look(shop, channel, group, rules.back_in_stock, rules.preorder_key)
        return 0 if len(claimed) == PER_TURN else None

    async def _look(
        self, shop: Shop, channel: str, group: Sequence[Watch], rules: BackInStockRules, preorder_key: str
    ) -> None:
        asked_at = self._clock.now()
        try:
            facts = await self._facts(shop, channel, group, preorder_key)
        except StoqError as error:
            await self._silent(shop, group, error)
            return
        now = self._clock.now()
        seen = [
            Seen(watch, facts[watch.variant_id], preorder_key, self._next(now), new_id(now), new_id(now))
            for watch in watches.in_order(group)
        ]
        await self._database.write(
            lambda connection: [apply(connection, shop.id, one, rules, asked_at, now) for one in seen]
        )

    async def _facts(
        self, shop: Shop, channel: str, group: Sequence[Watch], preorder_key: str
    ) -> Mapping[str, Facts]:
        wanted = [watch.variant_id for watch in group]
        try:
            looks = await self._availability.look(shop, channel, wanted, preorder_key=preorder_key)
        except NotFound:
            return dict.fromkeys(wanted, ABSENT)
        return {variant_id: look.facts for variant_id, look in looks.items()}

    async def _silent(self, shop: Shop, group: Sequence[Watch], error: StoqError) -> None:
        log.warning("look.unanswered", shop=shop.id, watches=len(group), error=error.code)
        due_at = self._clock.now() + SILENT
        if isinstance(error, TokenRefused):
            await self._standing.doubt(shop.id, REFUSED)
        await self._database.write(lambda connection: watches.postpone(connection, shop.id, group, due_at))

    def _next(self, now: datetime) -> datetime:
        """Spread the sweep, so that a thousand watches do not come due together."""
        return now + timedelta(seconds=self._sweep * random.uniform(0.75, 1.25))


def apply(
    connection: sa.Connection,
    shop_id: str,
    seen: Seen,
    rules: BackInStockRules,
    asked_at: datetime,
    now: datetime,
) -> Change:
    """Store one look and open or close the restock that follows from it, in one transaction."""
    before = watches.read_again(connection, shop_id, seen.watch, asked_at)
    if before is None:
        return Change.NOTHING
    is_open = restocks.is_open(connection, shop_id, seen.watch)
    same_key = before.preorder_key in {None, seen.preorder_key}
    known = judged_alike(before.facts, seen.facts, same_preorder_key=same_key)
    change = compare(known, seen.facts, rules, judged_before=before.sellable, is_open=is_open)
    if change in {Change.OPENED, Change.HELD}:
        restocks.open_one(
            connection,
            shop_id,
            seen.watch,
            restocks.Opening(
                id=seen.restock_id,
                units=seen.facts.units,
                at=now,
                joins=timedelta(minutes=rules.join_minutes),
                held=_why_held(change, rules),
            ),
        )
    elif change is Change.CLOSED:
        restocks.close(connection, shop_id, seen.watch, now)
    judged = sellable(seen.facts, rules)
    watches.store_look(
        connection,
        shop_id,
        seen.watch,
        {
            "facts": seen.facts.to_json() | {"preorder_key": seen.preorder_key},
            "sellable": judged,
            "looked_at": asked_at,
        },
        seen.next_look,
    )
    if change is not Change.NOTHING:
        _note(connection, shop_id, seen, before, change, now)
    return change


def _why_held(change: Change, rules: BackInStockRules) -> str:
    if change is Change.OPENED:
        return ""
    return "Only a change of settings made it sellable." if rules.automatic else "Automatic sending is off."


def _note(
    connection: sa.Connection, shop_id: str, seen: Seen, before: Watch, change: Change, now: datetime
) -> None:
    journal.write(
        connection,
        id=seen.entry_id,
        shop_id=shop_id,
        at=now,
        what=f"restock.{change}",
        subject=f"{seen.watch.variant_id}@{seen.watch.channel}",
        seen={
            "before": before.facts.to_json() if before.facts else None,
            "now": seen.facts.to_json(),
            "restock": seen.restock_id if change is not Change.CLOSED else None,
        },
    )
