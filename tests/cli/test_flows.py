"""What an operator does without the panel: make the metric show, name the flow, read what is wrong."""

import pytest

from saleor_stoq_app.cli.flows import ALERT, _said
from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.base import ProviderId, SetupMethod
from saleor_stoq_app.setup.store import Place
from tests.journeys.world import ALERT_METRIC
from tests.journeys.world import world as build


@pytest.fixture
async def connected(clock, tmp_path):
    async with build(clock, tmp_path) as world:
        await world.install()
        await world.connect()
        yield world


async def test_the_metric_shows_after_the_set_up_began_and_nobody_is_texted(connected):
    """R40 to R42."""
    place = Place((await connected.shop()).id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)
    await connected.house.desk.starting.begin(place, SetupMethod.MANUAL, "merchant@shop.example")
    await connected.settle(300, step=20)

    assert ALERT_METRIC in {event.metric.name for event in connected.klaviyo.events(ALERT_METRIC)}
    assert connected.phones.total() == 0


async def test_what_is_wrong_with_a_flow_is_said_in_sentences(connected):
    """R46, R47, R103."""
    place = Place((await connected.shop()).id, AlertType.BACK_IN_STOCK, ProviderId.KLAVIYO)
    flow = connected.klaviyo.add_flow(ALERT_METRIC, status="draft")
    verify = connected.house.desk.verification.verify

    assert "Alerts wait." in _said(await verify(place, ALERT, flow.name))
    connected.klaviyo.switch_flow(flow, "live")
    assert _said(await verify(place, ALERT, flow.name)) == "The flow is verified: alerts go out."
