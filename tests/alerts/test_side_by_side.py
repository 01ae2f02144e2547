"""Transactions side by side, as several processes on PostgreSQL have them: nothing is lost or blocked."""

import asyncio
import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from saleor_stoq_app.alerts import housekeeping, restocks, watches
from saleor_stoq_app.alerts.looks import Seen, apply
from saleor_stoq_app.clock import new_id
from saleor_stoq_app.database import tables
from saleor_stoq_app.settings.models import BackInStockRules
from tests.fixtures.floor import restocked
from tests.saleor.nodes import SELLABLE, variant_id

VARIANTS = [variant_id(number) for number in range(12)]


async def looked_at(floor, claimed):
    """Store a look at many variants in one transaction."""
    now, shop_id, rules = floor.clock.now(), floor.shop.id, BackInStockRules()
    seen = [
        Seen(watch, SELLABLE, "key", now, new_id(now), new_id(now)) for watch in watches.in_order(claimed)
    ]
    await floor.database.write(lambda conn: [apply(conn, shop_id, one, rules, now, now) for one in seen])


async def hinted(floor, variants):
    now, shop_id = floor.clock.now(), floor.shop.id
    await floor.database.write(lambda conn: watches.hint(conn, shop_id, variants, now))


async def test_hints_looks_and_signups_of_many_variants_never_block_each_other(floor):
    for variant in VARIANTS:
        floor.shelves.put(0, variant)
        await floor.sign_up("+14155550101", variant)
    now, shop_id = floor.clock.now(), floor.shop.id
    until = now + timedelta(seconds=60)
    claimed = await floor.database.write(
        lambda conn: watches.claim(conn, shop_id, now=now, until=until, limit=100)
    )
    chance = random.Random(1)
    for number in range(15):
        floor.clock.advance(0.001)
        await asyncio.gather(
            looked_at(floor, claimed),
            hinted(floor, chance.sample(VARIANTS, 8)),
            hinted(floor, chance.sample(VARIANTS, 8)),
            floor.sign_up(f"+1415555{number:04}", chance.choice(VARIANTS)),
        )
    assert len(await floor.rows(tables.restocks)) == len(VARIANTS)


async def test_two_looks_at_the_same_moment_open_one_restock(floor):
    floor.shelves.put(0)
    await floor.sign_up()
    await floor.work()
    floor.shelves.put(5)
    await floor.hint(after=1)
    first, second = floor.process(), floor.process()
    await asyncio.gather(first.looks.turn(floor.shop.id), second.looks.turn(floor.shop.id))
    assert len(await floor.rows(tables.restocks)) == 1


async def test_two_processes_fill_one_restock_without_doubling_or_missing_anybody(floor):
    phones = [f"+1415555{number:04}" for number in range(30)]
    await restocked(floor, *phones)
    await floor.change(tables.restocks, cursor="", due_at=floor.clock.now())
    await floor.database.write(
        lambda conn: (
            conn.execute(sa.delete(tables.deliveries).where(tables.deliveries.c.stage == "alert")) and None
        )
    )
    first, second = floor.process(), floor.process()
    await asyncio.gather(first.restocks.turn(floor.shop.id), second.restocks.turn(floor.shop.id))
    assert len(await floor.deliveries()) == len(phones)


async def between(floor, happens, write):
    """Run a transaction while another commits what `happens` before one of its statements."""
    engine = floor.database.engine

    def listen(conn, _cursor, statement, *_):
        if not conn.get_execution_options().get("other"):
            with engine.execution_options(other=True).begin() as other:
                happens(statement, other)

    sa.event.listen(engine, "before_cursor_execute", listen)
    try:
        await floor.database.write(write)
    finally:
        sa.event.remove(engine, "before_cursor_execute", listen)


on_postgresql = pytest.mark.parametrize(
    "kept_database", [pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True
)


@on_postgresql
async def test_a_signup_that_is_committed_while_a_chunk_is_chosen_pushes_nobody_out(floor):
    """It sorts before the last of the chunk that was counted a moment ago."""
    await restocked(floor)
    [like] = await floor.rows(tables.signups)
    now, shop_id = floor.clock.now(), floor.shop.id

    def signup(number):
        shown = {"id": f"{number:032x}", "contact_hash": f"{number:032x}", "created_at": now}
        return like._asdict() | shown

    chunk = [signup(number) for number in range(1, restocks.CHUNK + 1)]
    await floor.database.write(lambda conn: conn.execute(sa.insert(tables.signups), chunk) and None)
    await floor.change(tables.restocks, cursor="", due_at=now)
    late = [signup(0)]

    def commit_late(statement, other):
        if late and statement.startswith("INSERT INTO deliveries"):
            other.execute(sa.insert(tables.signups), late.pop())

    await between(floor, commit_late, lambda conn: restocks.fill(conn, shop_id, "klaviyo", now))
    told = {row.signup_id for row in await floor.deliveries()}
    assert {row["id"] for row in chunk} <= told
    assert not late


@on_postgresql
async def test_a_signup_that_is_written_during_a_tidying_keeps_its_watch(floor):
    floor.shelves.put(0)
    await floor.sign_up()
    [like] = await floor.rows(tables.signups)
    [before] = await floor.rows(tables.watches)
    await floor.change(tables.signups, closed_at=floor.clock.now())
    new = [like._asdict() | {"id": "new", "closed_at": None}]

    def sign_up(statement, other):
        if new and statement.startswith("DELETE FROM watches"):
            other.execute(sa.insert(tables.signups), new.pop())

    await between(floor, sign_up, housekeeping.forget)
    assert await floor.rows(tables.watches) == [before]


@on_postgresql
async def test_a_watch_that_a_tidying_took_away_during_a_signup_begins_again(floor):
    floor.shelves.put(0)
    await floor.sign_up()
    [before] = await floor.rows(tables.watches)
    shop_id, taken = floor.shop.id, []

    def tidy(statement, other):
        if not taken and "FOR SHARE" in statement:
            taken.append(other.execute(sa.delete(tables.watches)).rowcount)

    baseline = {name: getattr(before, name) for name in ("facts", "sellable", "looked_at", "due_at", "hints")}
    baseline |= {"created_at": floor.clock.now()}
    await between(
        floor, tidy, lambda conn: watches.begin(conn, shop_id, before.variant_id, before.channel, baseline)
    )
    assert (taken, len(await floor.rows(tables.watches))) == ([1], 1)
