"""What a merchant changes in Klaviyo's own pages, as the API shows it afterwards."""

import pytest

from tests.sandbox.klaviyo.apps import add_app
from tests.sandbox.klaviyo.calls import METRIC
from tests.sandbox.klaviyo.flow_calls import NAME, text_status


@pytest.fixture
def flow(klaviyo):
    klaviyo.limits = None
    return klaviyo.add_flow(METRIC, name=NAME)


async def named(caller, name):
    return [one["id"] for one in await caller.all("/api/flows", filter=f'equals(name,"{name}")')]


async def test_a_renamed_flow_is_found_by_its_new_name(caller, klaviyo, flow):
    klaviyo.rename_flow(flow, "Back in stock")
    assert await named(caller, NAME) == []
    assert await named(caller, "Back in stock") == [flow.id]
    assert klaviyo.flows_named("Back in stock") == [flow]
    triggers = await caller.all(f"/api/metrics/{flow.metric_id}/flow-triggers")
    assert [one["attributes"]["name"] for one in triggers] == ["Back in stock"]


async def test_an_archived_flow_says_so_and_can_be_restored(caller, klaviyo, flow):
    klaviyo.archive_flow(flow)
    shown = (await caller.get(f"/api/flows/{flow.id}")).json()["data"]["attributes"]
    assert shown["archived"] is True
    assert [one.archived for one in klaviyo.flows_named(NAME)] == [True]
    klaviyo.archive_flow(flow, archived=False)
    assert await caller.all("/api/flows", filter="equals(archived,true)") == []


async def test_a_flow_and_its_text_may_differ_in_status(caller, klaviyo, flow):
    klaviyo.switch_flow(flow, "live", messages="draft")
    assert (await caller.get(f"/api/flows/{flow.id}")).json()["data"]["attributes"]["status"] == "live"
    assert await text_status(caller, flow.id) == "draft"
    klaviyo.switch_flow(flow, "manual")
    assert await text_status(caller, flow.id) == "manual"


async def test_a_deleted_flow_is_not_found(caller, klaviyo, flow):
    klaviyo.delete_flow(flow)
    assert (await caller.get(f"/api/flows/{flow.id}")).status_code == 404
    assert await caller.all(f"/api/metrics/{flow.metric_id}/flow-triggers") == []


async def test_a_deleted_metric_is_not_found_while_its_flow_stays(caller, klaviyo, flow):
    klaviyo.delete_metric(METRIC)
    assert (await caller.get(f"/api/metrics/{flow.metric_id}/flow-triggers")).status_code == 404
    assert await caller.all("/api/metrics") == []
    assert await named(caller, NAME) == [flow.id]


async def test_every_integrations_metric_of_that_name_is_deleted_in_one_account(caller, klaviyo, flow):
    klaviyo.add_flow(METRIC, integration=add_app(klaviyo).integration)
    other = klaviyo.add_account("Other Shop")
    klaviyo.add_flow(METRIC, account=other)
    klaviyo.delete_metric(METRIC)
    assert klaviyo.account.metrics.named(METRIC) == []
    assert len(other.metrics.named(METRIC)) == 1


async def test_a_flow_that_the_merchant_split_still_shows_its_texts(caller, klaviyo, clock, phones, flow):
    (text,) = flow.definition["actions"]
    split = {
        "id": "1",
        "type": "conditional-split",
        "links": {"next_if_true": text["id"], "next_if_false": None},
        "data": {"profile_filter": {"condition_groups": []}},
    }
    flow.definition["actions"] = [split, text]
    flow.definition["entry_action_id"] = "1"
    assert await text_status(caller, flow.id) == "live"
    klaviyo.opt_in("+15005550006")
    await caller.event()
    clock.advance(1)
    klaviyo.settle()
    assert phones.total() == 0


async def test_a_seeded_metric_is_listed_late_like_any_other(caller, klaviyo, clock, flow):
    caller.speak_with(klaviyo.install(add_app(klaviyo)).access)
    await caller.event(backfill=True)
    clock.advance(20.9)
    assert [one["id"] for one in await caller.all("/api/metrics")] == [flow.metric_id]
    clock.advance(0.1)
    names = [one["attributes"]["integration"]["name"] for one in await caller.all("/api/metrics")]
    assert names == ["API", "STOQ for Saleor"]
