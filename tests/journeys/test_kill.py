"""Processes are killed at every point between lease and settle; each waiting phone is told exactly once."""

import asyncio
import contextlib
import random

import pytest
from redis.asyncio import Redis

from tests.journeys.live_world import LiveWorld, live_world

SHOPPERS = 60


def _exactly_once(world: LiveWorld) -> bool:
    return dict.fromkeys(world.waiting, 1) == world.phones.counts()


async def _killed_at_gate(world: LiveWorld, path: str, *, after_acting: bool) -> None:
    hold = world.klaviyo.hold(path, after_acting=after_acting)
    process = world.start_worker()
    await asyncio.wait_for(hold.reached(), 20)
    process.kill()
    process.join()
    hold.release(drop=not after_acting)


@pytest.mark.parametrize("after_acting", [False, True], ids=["before Klaviyo acts", "after Klaviyo acted"])
async def test_a_worker_killed_during_a_bulk_call_leaves_nobody_out_and_tells_nobody_twice(
    tmp_path, after_acting
) -> None:
    async with live_world(SHOPPERS, data_dir=tmp_path) as world:
        await _killed_at_gate(world, "POST /api/event-bulk-create-jobs", after_acting=after_acting)
        process = world.start_worker()

        assert await world.everybody_is_told(within=30)
        process.kill()
        process.join()

    assert _exactly_once(world)


@pytest.mark.parametrize("after_acting", [False, True], ids=["before Klaviyo acts", "after Klaviyo acted"])
async def test_a_worker_killed_during_a_single_call_leaves_nobody_out_and_tells_nobody_twice(
    tmp_path, after_acting
) -> None:
    async with live_world(20, data_dir=tmp_path) as world:
        await _killed_at_gate(world, "POST /api/events", after_acting=after_acting)
        process = world.start_worker()

        assert await world.everybody_is_told(within=30)
        process.kill()
        process.join()

    assert _exactly_once(world)


async def test_workers_killed_again_and_again_at_random_tell_everybody_exactly_once(tmp_path, effort) -> None:
    dice = random.Random(7)
    async with live_world(400, data_dir=tmp_path) as world:
        world.klaviyo.revoke_scope(world.klaviyo.api_key, "events:read")
        for _ in range(effort.kills):
            process = world.start_worker()
            await asyncio.sleep(dice.uniform(0.02, 0.25))
            process.kill()
            process.join()
        process = world.start_worker()

        assert await world.everybody_is_told(within=60)
        process.kill()
        process.join()

    assert _exactly_once(world)


@pytest.mark.servers
async def test_two_workers_on_postgresql_with_redis_flushed_and_one_killed_tell_everybody_exactly_once(
    tmp_path, migrated_postgresql, redis_url, effort
) -> None:
    dice = random.Random(11)
    settings = {
        "data_dir": tmp_path,
        "database_url": migrated_postgresql,
        "redis_url": redis_url,
        "secret_keys": ("gUxZPRqTzJ3hxJvM6VvEo0d3nq3pGkq8o0RrO0eYc2E=",),
        "hash_key": "a key for tests",
    }
    async with live_world(400, **settings) as world, contextlib.aclosing(Redis.from_url(redis_url)) as redis:
        processes = [world.start_worker() for _ in range(2)]
        for _ in range(effort.kills // 10):
            await asyncio.sleep(dice.uniform(0.1, 0.5))
            await redis.flushall()
            number = dice.randrange(2)
            processes[number].kill()
            processes[number].join()
            processes[number] = world.start_worker()

        assert await world.everybody_is_told(within=90)
        for process in processes:
            process.kill()
            process.join()

    assert _exactly_once(world)
