"""Carries due deliveries to the merchant's provider: claim, check, call, settle."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, lease_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.deliveries import ledger, outcomes
from saleor_stoq_app.deliveries.checks import Checks, Stop, Tell, Verdict
from saleor_stoq_app.deliveries.ledger import Claimed, Lease, Settlement, State
from saleor_stoq_app.errors import NeedsMerchant, ProviderError, Unknown
from saleor_stoq_app.events import Message, Stage
from saleor_stoq_app.providers.base import Batch, ProviderId, Result
from saleor_stoq_app.saleor.shops import Shop, Shops
from saleor_stoq_app.settings.carriers import Carrier, Carriers

MOST = 1000
LEASE = timedelta(seconds=120)


class Dispatcher:
    """Works off the due deliveries of one stage, one call per turn."""

    def __init__(
        self,
        stage: Stage,
        *,
        database: Database,
        clock: Clock,
        shops: Shops,
        carriers: Carriers,
        checks: Checks,
        process: str,
    ) -> None:
        self._stage = stage
        self._database = database
        self._clock = clock
        self._shops = shops
        self._carriers = carriers
        self._check = checks[stage]
        self._process = process

    async def due(self) -> list[str]:
        now = self._clock.now()
        return await self._database.read(
            lambda connection: ledger.shops_due(connection, self._stage, State.DUE, now)
        )

    async def turn(self, shop_id: str) -> float | None:
        """Make one call; return the seconds until the next may follow, None if nothing is due."""
        now = self._clock.now()
        due = await self._database.read(
            lambda connection: ledger.count_due(connection, shop_id, self._stage, now, MOST)
        )
        shop = await self._shops.by_id(shop_id)
        if shop is None or not due.count:
            return None
        try:
            carrier = await self._carriers.of(shop_id, ProviderId(due.provider))
        except NeedsMerchant as error:
            return await self._park(shop_id, due.provider, error)
        batch = carrier.provider.plan(self._stage, due=due.count, repeat=due.repeat)
        if wait := await carrier.provider.pace(batch):
            return wait
        lease = self._lease(shop_id)
        claimed = await self._claim(lease, due.provider, batch.size, repeat=due.repeat)
        await self._carry(shop, carrier, batch, Held(lease, claimed))
        return 0

    async def _park(self, shop_id: str, provider: str, error: NeedsMerchant) -> float:
        """Let a provider's deliveries wait, visibly, until the merchant mends what is wrong."""
        lease, now = self._lease(shop_id), self._clock.now()
        claimed = await self._claim(lease, provider, MOST)
        await self._settle(
            lease, {one.told_key: outcomes.of_result(one, error, now, deduplicates=True) for one in claimed}
        )
        return 0

    def _lease(self, shop_id: str) -> Lease:
        now = self._clock.now()
        return Lease(lease_id(self._process), shop_id, self._stage, State.DUE, now + LEASE)

    async def _claim(
        self, lease: Lease, provider: str, limit: int, *, repeat: bool | None = None
    ) -> list[Claimed]:
        now = self._clock.now()
        return await self._database.write(
            lambda connection: ledger.claim(
                connection, lease, now=now, limit=limit, repeat=repeat, provider=provider
            )
        )

    async def _carry(self, shop: Shop, carrier: Carrier, batch: Batch, held: "Held") -> None:
        """Check what was claimed, settle what does not leave, call with the rest."""
        verdicts = await self._verdicts(shop, carrier, held.claimed)
        now = self._clock.now()
        staying: dict[str, Settlement] = {}
        leaving: dict[Claimed, Message] = {}
        for one in held.claimed:
            verdict = verdicts[one.told_key]
            if isinstance(verdict, Tell):
                leaving[one] = verdict.message
            else:
                staying[one.told_key] = outcomes.of_verdict(one, verdict, now)
        await self._settle(held.lease, staying, everything=not leaving)
        if leaving:
            await self._leave(carrier, batch, held.lease, leaving)

    async def _leave(
        self, carrier: Carrier, batch: Batch, lease: Lease, leaving: Mapping[Claimed, Message]
    ) -> None:
        """Call and settle; where the lease was lost in part, hand back the rest without a call."""
        if await self._mark(lease, carrier, batch) == len(leaving):
            results = await self._call(carrier, batch, list(leaving.values()))
            await self._settle(lease, self._outcomes(carrier, leaving, results), everything=True)
        else:
            now = self._clock.now()
            await self._settle(lease, {one.told_key: outcomes.of_no_call(one, now) for one in leaving})

    async def _verdicts(
        self, shop: Shop, carrier: Carrier, claimed: Sequence[Claimed]
    ) -> Mapping[str, Verdict]:
        final = {one.told_key: stop for one in claimed if (stop := _never_again(one, carrier))}
        open_ones = [one for one in claimed if one.told_key not in final]
        return final | dict(await self._check.verdicts(shop, carrier, open_ones))

    async def _mark(self, lease: Lease, carrier: Carrier, batch: Batch) -> int:
        now, generation = self._clock.now(), carrier.connection.generation
        return await self._database.write(
            lambda connection: ledger.mark_called(
                connection, lease, endpoint=batch.endpoint, generation=generation, now=now
            )
        )

    async def _call(
        self, carrier: Carrier, batch: Batch, messages: Sequence[Message]
    ) -> Mapping[str, Result]:
        """Call; what only the merchant can mend, said of one message or of all, stops the account."""
        results: Mapping[str, Result]
        try:
            results = await carrier.provider.send(batch, messages)
        except ProviderError as error:
            results = {message.key: error for message in messages}
        for result in results.values():
            if isinstance(result, NeedsMerchant):
                await self._carriers.report(carrier, result.message)
                break
        return results

    def _outcomes(
        self, carrier: Carrier, leaving: Iterable[Claimed], results: Mapping[str, Result]
    ) -> dict[str, Settlement]:
        now, deduplicates = self._clock.now(), carrier.spec.deduplicates
        silent = Unknown(f"{carrier.spec.label} said nothing about this message.")
        return {
            one.told_key: outcomes.of_result(
                one, results.get(one.told_key, silent), now, deduplicates=deduplicates
            )
            for one in leaving
        }

    async def _settle(
        self, lease: Lease, settlements: Mapping[str, Settlement], *, everything: bool = False
    ) -> None:
        """Write settlements; one that holds for `everything` under the lease needs no list of keys."""
        groups = outcomes.grouped(settlements)
        whole = everything and len(groups) == 1

        def write(connection: sa.Connection) -> None:
            for settlement, keys in groups.items():
                ledger.settle(connection, lease, settlement, None if whole else keys)

        if groups:
            await self._database.write(write)


@dataclass(frozen=True, slots=True)
class Held:
    """Claimed deliveries and the lease that holds them."""

    lease: Lease
    claimed: Sequence[Claimed]


ANOTHER_ACCOUNT = Stop(State.UNKNOWN, "It may have gone out through an account that is no longer connected.")
TOLD_TWICE = Stop(State.UNKNOWN, "It may have gone out already, and a repeat would be told again.")


def _never_again(claimed: Claimed, carrier: Carrier) -> Stop | None:
    """Repeat what may have arrived only through the same account, and only where it drops a repeat."""
    if claimed.endpoint is None:
        return None
    if claimed.generation != carrier.connection.generation:
        return ANOTHER_ACCOUNT
    return None if carrier.spec.deduplicates else TOLD_TWICE
