"""Looks what became of deliveries that a provider took without proof."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa

from saleor_stoq_app.clock import Clock, lease_id
from saleor_stoq_app.database.engine import Database
from saleor_stoq_app.deliveries import ledger, outcomes
from saleor_stoq_app.deliveries.checks import Checks
from saleor_stoq_app.deliveries.ledger import Claimed, Lease, Settlement, State
from saleor_stoq_app.errors import ProviderError, Unknown
from saleor_stoq_app.events import Stage
from saleor_stoq_app.log import get
from saleor_stoq_app.providers.base import HandedOver, ProviderId, Result, Sent
from saleor_stoq_app.settings.carriers import Carrier, Carriers

MOST = 5000
LEASE = timedelta(seconds=300)
WAIT = 60.0
ANOTHER_ACCOUNT = Unknown("It went out through an account that is no longer connected.")

log = get(__name__)


class Proof:
    """Reads back the handed-over deliveries of one stage."""

    def __init__(
        self,
        stage: Stage,
        *,
        database: Database,
        clock: Clock,
        carriers: Carriers,
        checks: Checks,
        process: str,
    ) -> None:
        self._stage = stage
        self._database = database
        self._clock = clock
        self._carriers = carriers
        self._check = checks[stage]
        self._process = process

    async def due(self) -> list[str]:
        now = self._clock.now()
        return await self._database.read(
            lambda connection: ledger.shops_due(connection, self._stage, State.HANDED_OVER, now)
        )

    async def turn(self, shop_id: str) -> float | None:
        """Read one group back; return 0 if more may be due, None if nothing is."""
        now = self._clock.now()
        lease = Lease(lease_id(self._process), shop_id, self._stage, State.HANDED_OVER, now + LEASE)
        claimed = await self._database.write(
            lambda connection: ledger.claim(connection, lease, now=now, limit=MOST)
        )
        if not claimed:
            return None
        groups = outcomes.grouped(await self._settlements(shop_id, claimed))

        def write(connection: sa.Connection) -> None:
            for settlement, keys in groups.items():
                ledger.settle(connection, lease, settlement, keys if len(groups) > 1 else None)

        await self._database.write(write)
        return 0

    async def _settlements(self, shop_id: str, claimed: Sequence[Claimed]) -> dict[str, Settlement]:
        settlements: dict[str, Settlement] = {}
        for provider in sorted({one.provider for one in claimed}):
            group = [one for one in claimed if one.provider == provider]
            settlements |= await self._of_provider(shop_id, ProviderId(provider), group)
        return settlements

    async def _of_provider(
        self, shop_id: str, provider: ProviderId, claimed: Sequence[Claimed]
    ) -> dict[str, Settlement]:
        """Ask the provider; while it cannot be asked the deliveries stay handed over."""
        results: dict[str, Result] = {one.told_key: HandedOver(WAIT) for one in claimed}
        deduplicates = False
        try:
            carrier = await self._carriers.of(shop_id, provider)
            deduplicates = carrier.spec.deduplicates
            mine = [one for one in claimed if one.generation == carrier.connection.generation]
            results |= {one.told_key: ANOTHER_ACCOUNT for one in claimed if one not in mine}
            results |= await self._read_back(shop_id, carrier, mine)
        except ProviderError as error:
            log.warning("proof.unanswered", shop=shop_id, stage=self._stage, error=error.code)
        now = self._clock.now()
        return {
            one.told_key: outcomes.of_result(
                one, result, now, deduplicates=deduplicates and result is not ANOTHER_ACCOUNT
            )
            for one in claimed
            if (result := results[one.told_key])
        }

    async def _read_back(
        self, shop_id: str, carrier: Carrier, claimed: Sequence[Claimed]
    ) -> Mapping[str, Result]:
        phones = await self._check.phones(shop_id, [one.signup_id for one in claimed])
        sent = [
            Sent(one.told_key, one.alert_type, one.called_at or one.created_at, phones.get(one.signup_id, ""))
            for one in claimed
        ]
        return await carrier.provider.read_back(self._stage, sent)
