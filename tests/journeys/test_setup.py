"""A merchant sets the flow up: until it is verified nothing leaves, and then nobody was forgotten (R105)."""

import sqlalchemy as sa

from saleor_stoq_app.database.tables import deliveries
from saleor_stoq_app.events import AlertType, Stage
from saleor_stoq_app.providers.base import ProviderId, SetupMethod
from saleor_stoq_app.setup.problems import Code
from saleor_stoq_app.setup.reset import Cleanup
from saleor_stoq_app.setup.steps import Step
from saleor_stoq_app.setup.store import Place
from tests.journeys.world import ALERT_METRIC, World

PHONE = "+14155550142"


async def alerts(world: World) -> list[tuple[str, str]]:
    wanted = sa.select(deliveries.c.state, deliveries.c.reason).where(deliveries.c.stage == Stage.ALERT)
    return await world.house.database.read(lambda conn: [tuple(row) for row in conn.execute(wanted)])


async def place(world: World) -> Place:
    return Place((await world.shop()).id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)


async def restocked(world: World) -> None:
    shirt = world.saleor.add_product("Floral Shirt", variants={"Medium": 0})
    await world.sign_up(shirt.variant_id, PHONE)
    await world.settle(300)
    world.saleor.stock.save_variant_page(shirt.variant_id, 10)
    await world.settle(60)


async def test_alerts_wait_for_a_verified_flow_and_go_out_then(empty_world: World) -> None:
    """R46, R105."""
    world = empty_world
    await world.install()
    await world.connect()
    await world.open_storefront()
    await restocked(world)
    assert await alerts(world) == [("parked", "Klaviyo setup incomplete")]
    readiness = await world.house.desk.readings.of(await place(world))
    assert Code.SETUP_INCOMPLETE in {problem.code for problem in readiness.problems}

    flow = world.klaviyo.add_flow(ALERT_METRIC)
    await world.verify(flow.name)
    await world.settle(60)
    assert [state for state, _ in await alerts(world)] == ["accepted"]
    assert world.phones.counts() == {PHONE: 1}


async def test_after_a_reset_alerts_wait_and_the_flow_stays_live(world: World) -> None:
    """R81 to R84, R98."""
    await world.house.desk.resetting.reset(await place(world), Cleanup.DELETE)
    await restocked(world)
    assert [reason for _, reason in await alerts(world)] == ["Klaviyo setup incomplete"]
    (flow,) = world.klaviyo.flows_named(f"STOQ - {ALERT_METRIC}")
    assert flow.status == "live"


async def test_manual_set_up_seeds_its_metrics_through_the_worker(empty_world: World) -> None:
    """R39, R42."""
    world = empty_world
    await world.install()
    await world.connect()
    desk = world.house.desk
    await desk.starting.begin(await place(world), SetupMethod.MANUAL, "owner@shop.example")
    await world.settle(120)
    setup = (await desk.readings.of(await place(world))).setup
    assert setup.step is Step.MANUAL
    assert all(flow.metric_id for flow in setup.flows)
