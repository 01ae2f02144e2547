"""What an operator's Prometheus sees: how much waits, and for how long; never who."""

from saleor_stoq_app.worker import Post, Rounds
from tests.journeys.world import World


async def _figures(world: World) -> dict[str, float]:
    text = (await world.storefront.get("/metrics")).text
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


async def test_what_waits_is_counted_and_nobody_is_named(world: World) -> None:
    shirt = world.saleor.add_product("Floral Shirt", variants={"Medium": 0})
    await world.sign_up(shirt.variant_id, "+14155550142")
    world.clock.advance(7)

    figures = await _figures(world)
    assert figures['stoq_waiting{what="consent due"}'] == 1
    assert figures['stoq_oldest_due_seconds{what="consent due"}'] == 7
    assert "4155550142" not in (await world.storefront.get("/metrics")).text

    await world.settle(400)
    assert (await _figures(world))['stoq_oldest_due_seconds{what="watches due"}'] == 0


async def test_turns_are_timed_by_how_they_ended(world: World) -> None:
    class Broken:
        async def due(self):
            return ["shop"]

        async def turn(self, _shop_id):
            raise ZeroDivisionError

    for duty in (world.house.looks, Broken()):
        await Rounds(Post(duty), world.clock, world.house.meters)._turn("shop")

    figures = await _figures(world)
    assert figures['stoq_turn_seconds_count{duty="Looks",outcome="done"}'] == 1
    assert figures['stoq_turn_seconds_count{duty="Broken",outcome="failed"}'] == 1
