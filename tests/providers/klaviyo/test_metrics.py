"""Our metric is told from others of its name: by the integration, and by where our own seed went."""

import pytest

from saleor_stoq_app.events import Stage
from saleor_stoq_app.providers.base import Accepted, AmbiguousMetric, Batch, HandedOver
from saleor_stoq_app.providers.klaviyo import SPEC
from saleor_stoq_app.providers.klaviyo.flow_table import ALERT
from tests.providers.klaviyo.flow_wire import FlowWire
from tests.providers.klaviyo.grants import OAUTH_SCOPES, by_api_key, by_oauth
from tests.providers.klaviyo.wire import PAGE
from tests.providers.klaviyo.wire import Wire as SendingWire
from tests.providers.messages import alert, sent

NAME = ALERT.metric
MERCHANT = "owner@shop.example"
BLIND = OAUTH_SCOPES - {"events:read"}


@pytest.fixture
def wire():
    wire = FlowWire()
    wire.integration = "STOQ for Saleor"
    return wire


@pytest.fixture
def manager(tools, tokens):
    return lambda connection: SPEC.flows(tokens.into(tools), connection)


async def seed(flows):
    await flows.seed(NAME, dict.fromkeys(ALERT.variables, "x"), MERCHANT)


async def test_a_metric_that_is_not_listed_yet_has_no_id(wire, manager):
    flows = manager(by_oauth())
    wire.lists_metrics = False
    await seed(flows)
    assert await flows.metric_id(NAME) is None

    wire.lists_metrics = True
    await seed(flows)
    assert await flows.metric_id(NAME) == wire.metrics[0]["id"]


async def test_a_private_key_has_the_metric_of_private_keys(wire, manager):
    wire.list_metric(NAME, "STOQ", "Other1")
    wire.list_metric(NAME.lower(), "API", "Other2")
    assert await manager(by_api_key()).metric_id(NAME) is None

    wire.list_metric(NAME, "API", "Ours01")
    assert await manager(by_api_key()).metric_id(NAME) == "Ours01"


async def test_the_metric_of_an_earlier_key_or_of_another_app_is_not_the_apps(wire, manager):
    """Both may be there, with events and flows, long before our own is listed."""
    wire.integration = "API"
    await seed(manager(by_api_key()))
    wire.list_metric(NAME, "STOQ", "Other1")
    wire.seen["Other1"] = ["1698249600", "1698249601"]
    flows = manager(by_oauth(generation=2))
    assert await flows.metric_id(NAME) is None

    wire.integration = "STOQ for Saleor"
    await seed(flows)
    assert await flows.metric_id(NAME) == wire.metrics[-1]["id"]


async def test_our_seed_is_found_among_the_newest_events(wire, manager):
    flows = manager(by_oauth())
    await seed(flows)
    (metric,) = wire.metrics
    wire.seen[metric["id"]] += [f"alert:{number}" for number in range(199)]
    assert await flows.metric_id(NAME) == metric["id"]

    wire.seen[metric["id"]] += ["alert:199"]
    assert await flows.metric_id(NAME) is None
    await seed(flows)
    assert await flows.metric_id(NAME) == metric["id"]


async def test_an_app_that_klaviyo_calls_api_is_still_found_by_its_seed(wire, manager):
    wire.integration = "API"
    flows = manager(by_oauth())
    await seed(flows)

    assert await flows.metric_id(NAME) == wire.metrics[0]["id"]


async def test_without_reading_events_the_one_metric_of_an_app_is_taken_for_ours(wire, manager):
    wire.list_metric(NAME, "API", "Key001")
    flows = manager(by_oauth(BLIND))
    assert await flows.metric_id(NAME) is None

    await seed(flows)
    assert await flows.metric_id(NAME) == wire.metrics[-1]["id"]


async def test_without_reading_events_two_metrics_of_apps_cannot_be_told_apart(wire, manager):
    wire.list_metric(NAME, "STOQ", "Other1")
    flows = manager(by_oauth(BLIND))
    await seed(flows)

    with pytest.raises(AmbiguousMetric) as caught:
        await flows.metric_id(NAME)
    assert caught.value.integrations == ("STOQ", "STOQ for Saleor")
    assert "events:read" in caught.value.fix


async def test_a_metric_on_the_last_page_is_found(wire, manager):
    for number in range(150):
        wire.list_metric(f"M{number}", "API", f"Other{number}")
    flows = manager(by_oauth())
    await seed(flows)

    assert await flows.metric_id(NAME) == wire.metrics[-1]["id"]


class TestReadingBack:
    """Alerts of an app are looked for in the metrics of apps, wherever they stand."""

    @pytest.fixture
    def wire(self):
        wire = SendingWire()
        wire.metrics.clear()
        return wire

    @pytest.fixture
    def klaviyo(self, tools, tokens):
        return SPEC.build(tokens.into(tools), by_oauth())

    async def read_back(self, klaviyo, clock):
        called_at = clock.now()
        await klaviyo.send(Batch("bulk", 1000), [alert(number) for number in range(PAGE)])
        clock.advance(120)
        return await klaviyo.read_back(
            Stage.ALERT, [sent(alert(number), called_at) for number in range(PAGE)]
        )

    async def test_beside_another_apps_metric_ours_is_found(self, wire, klaviyo, clock):
        wire.list_metric(NAME, "STOQ", "Other1")
        wire.list_metric(NAME, "STOQ for Saleor", "RK9XjM")

        assert set((await self.read_back(klaviyo, clock)).values()) == {Accepted()}

    async def test_the_metric_of_private_keys_is_not_asked(self, wire, klaviyo, clock):
        wire.list_metric(NAME, "API", "RK9XjM")

        assert {type(each) for each in (await self.read_back(klaviyo, clock)).values()} == {HandedOver}
