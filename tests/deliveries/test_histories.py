"""Random histories of a shop: after all has settled nobody was told twice, forgotten, or told of nothing.

Stock comes and goes, shoppers join, events are lost, senders die, leases run out, Saleor and the provider
fall silent. The model below knows what every look saw and so who was owed what.
"""

import random
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from saleor_stoq_app.database import tables
from saleor_stoq_app.errors import NeedsMerchant, Retryable, Unavailable, Unknown
from tests.fixtures.dying import dies
from tests.fixtures.floor import Floor, Process
from tests.fixtures.telling import HANDED_OVER, HANDED_OVER_AND_FORGOTTEN, Answer, Teller, loses

TROUBLES = (
    Answer(Unknown("no answer")),
    loses(Unknown("no answer")),
    loses(Retryable("Slow down.")),
    HANDED_OVER,
    HANDED_OVER_AND_FORGOTTEN,
)
STEPS = 18


@dataclass
class History:
    """One shop, two processes, and chance."""

    floor: Floor
    chance: random.Random
    processes: list[Process] = field(default_factory=list)
    phones: int = 0

    async def step(self) -> None:
        moves = {
            self.stock_changes: 5,
            self.somebody_joins: 1,
            self.saleor_falls_silent: 1,
            self.trouble_at_the_provider: 2,
            self.somebody_dies: 4,
            self.work_goes_on: 9,
            self.time_goes_by: 2,
        }
        [move] = self.chance.choices(list(moves), list(moves.values()))
        await move()

    async def stock_changes(self) -> None:
        """Change what is on the shelf; the event comes, or not."""
        self.floor.shelves.put(self.chance.choice((0, 0, 3, None)))
        if self.chance.random() < 0.7:
            await self.floor.hint(after=1)

    async def somebody_joins(self) -> None:
        self.phones += 1
        self.floor.shelves.silent = None
        await self.floor.sign_up(f"+1415555{self.phones:04}")

    async def saleor_falls_silent(self) -> None:
        self.floor.shelves.silent = self.chance.choice((Unavailable("silent"), None, None))

    async def trouble_at_the_provider(self) -> None:
        self.floor.teller.script.append(self.chance.choice(TROUBLES))

    async def work_goes_on(self) -> None:
        """One process does what is due of one or two kinds."""
        process = self.chance.choice(self.processes)
        duties = (process.looks, process.restocks, process.consents, process.alerts, process.proofs[0])
        first = self.chance.randrange(len(duties))
        for duty in duties[first : first + 2]:
            while await duty.turn(self.floor.shop.id) == 0:
                pass

    async def somebody_dies(self) -> None:
        """A process dies in the middle of a turn, and another one starts."""
        process = self.chance.choice(self.processes)
        duties = (process.looks, process.restocks, process.alerts, process.alerts, process.proofs[0])
        if await dies(
            self.chance.choice(duties).turn(self.floor.shop.id), self.chance.choice((2, 5, 8, 9, 10, 11, 12))
        ):
            self.processes.remove(process)
            self.processes.append(self.floor.process())

    async def time_goes_by(self) -> None:
        self.floor.clock.advance(self.chance.choice((5, 30, 130, 310)))

    async def settle(self) -> None:
        """Everybody answers again, and hours go by."""
        self.floor.shelves.silent = None
        self.floor.teller.script.clear()
        process = self.processes[0]
        duties = (process.looks, process.restocks, process.consents, process.alerts, process.proofs[0])
        for seconds in (130, 310, 310, 1000):
            self.floor.clock.advance(seconds)
            for duty in (*duties, process.alerts):
                while await duty.turn(self.floor.shop.id) == 0:
                    pass


async def run(database, clock, vault, seed: int, *, deduplicates: bool = True) -> History:
    earlier = sa.update(tables.shops).values(status="uninstalled")
    await database.write(lambda conn: conn.execute(earlier).rowcount)
    floor = await Floor(database, clock, vault, teller=Teller(deduplicates=deduplicates)).open()
    floor.shelves.put(0)
    floor.teller.sells = floor.shelves.sells
    history = History(floor, random.Random(seed), [floor.process(), floor.process()])
    await history.somebody_joins()
    for _ in range(STEPS):
        await history.step()
    await history.settle()
    return history


async def owed(floor: Floor) -> set[str]:
    """Return the keys of what is owed by restocks that are open: who asked before or just after."""
    restocks = [row for row in await floor.rows(tables.restocks) if row.closed_at is None and not row.held]
    return {
        f"alert:{signup.id}:{restock.id}"
        for restock in restocks
        for signup in await floor.rows(tables.signups)
        if signup.created_at <= restock.joins_until
    }


@pytest.fixture
def seeds(effort, database):
    """A tenth of the histories runs on PostgreSQL, where each costs more."""
    return range(effort.histories if database.sqlite else effort.histories // 10)


async def test_nobody_is_told_twice_for_one_restock_and_nobody_is_forgotten(database, clock, vault, seeds):
    """Every second provider would tell a repeat again: there what may have been told ends as unknown."""
    told = 0
    for seed in seeds:
        deduplicates = seed % 2 == 0
        floor = (await run(database, clock, vault, seed, deduplicates=deduplicates)).floor
        texts, deliveries = floor.teller.texts, await floor.deliveries()
        unknown = {row.told_key for row in deliveries if row.state == "unknown"}
        assert set(texts.values()) <= {1}, f"seed {seed}: somebody was told twice"
        assert await owed(floor) <= set(texts) | unknown, f"seed {seed}: somebody was forgotten"
        assert not (unknown and deduplicates), f"seed {seed}: something ended as unknown"
        stuck = {row.state for row in deliveries} - {"accepted", "cancelled", "unknown"}
        assert not stuck, f"seed {seed}: something is stuck"
        [watch] = await floor.rows(tables.watches)
        assert watch.sellable is floor.shelves.sells(), f"seed {seed}: the last look is not the truth"
        assert not floor.teller.wrong, f"seed {seed}: somebody was told while nothing was there"
        told += len(texts)
    assert told > len(seeds) / 2


def test_the_troubles_of_the_provider_are_all_that_heal_by_themselves():
    assert not any(isinstance(trouble.says, NeedsMerchant) for trouble in TROUBLES)
