"""Finds, makes and switches the flows of one Klaviyo account."""

from collections.abc import Mapping
from contextlib import aclosing

from saleor_stoq_app.errors import Rejected
from saleor_stoq_app.providers.accounts import Connection
from saleor_stoq_app.providers.base import Tools
from saleor_stoq_app.providers.flows import FlowPlan, FlowState
from saleor_stoq_app.providers.klaviyo.client import Pages
from saleor_stoq_app.providers.klaviyo.connected import connected
from saleor_stoq_app.providers.klaviyo.errors import Refused
from saleor_stoq_app.providers.klaviyo.events import seed_event
from saleor_stoq_app.providers.klaviyo.flow_body import flow_state, new_flow, new_status
from saleor_stoq_app.providers.klaviyo.flow_names import closest, importance, name_filter
from saleor_stoq_app.providers.klaviyo.metrics import Metrics, seed_prefix
from saleor_stoq_app.providers.problems import Gone

READ_AT_MOST = 10
"""A definition is a call of its own, three a second; nobody needs those of a hundred flows of one name."""

TRIGGER = "/definition/triggers/"
"""Where a refusal of a metric that was deleted points to."""

PAGES_AT_MOST = 20
"""A thousand flows are looked through for near misses."""


class KlaviyoFlows:
    """The flow manager of Klaviyo: draft first, live when told, read back always."""

    def __init__(self, tools: Tools, connection: Connection) -> None:
        self._clock = tools.clock
        self._client = connected(tools, connection)
        self._metrics = Metrics(self._client, connection)
        self._seed_prefix = seed_prefix(connection)

    async def seed(self, metric_name: str, variables: Mapping[str, str], contact: str) -> None:
        now = self._clock.now()
        unique_id = f"{self._seed_prefix}{now:%Y%m%dT%H%M%S}"
        left_out = await self._client.seed(seed_event(metric_name, variables, contact, unique_id, now))
        if left_out:
            raise Rejected(f"Klaviyo took the event without its {left_out}: it is not valid there.")

    async def metric_id(self, name: str) -> str | None:
        return await self._metrics.find(name)

    async def flows_on(self, metric_id: str) -> list[FlowState]:
        pages = self._client.flow_triggers(metric_id)
        found = [flow_state(item, metric_id=metric_id) async for page in pages for item in page]
        return await self._read_first(found)

    async def flows_named(self, name: str) -> list[FlowState]:
        found = await self._listed(self._client.flows(name_filter(name)))
        return await self._read_first([flow for flow in found if flow.name == name])

    async def near(self, name: str) -> list[FlowState]:
        return closest(name, await self._listed(self._client.flows()))

    async def read(self, flow_id: str) -> FlowState:
        return flow_state(await self._client.flow(flow_id))

    async def create(self, plan: FlowPlan) -> FlowState:
        try:
            made = await self._client.create_flow(new_flow(plan))
        except Refused as refusal:
            if any(TRIGGER in pointer for pointer in refusal.pointers):
                raise Gone(f"Klaviyo does not take the metric: {refusal}", what="metric") from refusal
            raise
        return flow_state(made, metric_id=plan.metric_id)

    async def activate(self, flow_id: str) -> FlowState:
        await self._client.change_flow(flow_id, new_status(flow_id, "live"))
        return await self.read(flow_id)

    async def pause(self, flow_id: str) -> None:
        """Make it a draft, which texts nobody and queues nobody (klaviyo.md section 5)."""
        changed = await self._client.change_flow(flow_id, new_status(flow_id, "draft"))
        if flow_state(changed).is_live:
            raise Rejected("Klaviyo left the flow live.")

    async def delete(self, flow_id: str) -> None:
        try:
            await self._client.delete_flow(flow_id)
        except Gone:
            return

    async def _listed(self, pages: Pages) -> list[FlowState]:
        found: list[FlowState] = []
        number = 0
        async with aclosing(pages):
            async for page in pages:
                found += map(flow_state, page)
                number += 1
                if number == PAGES_AT_MOST:
                    break
        return found

    async def _read_first(self, found: list[FlowState]) -> list[FlowState]:
        """Read the flows that matter most; one that was deleted meanwhile is left out."""
        ordered = sorted(found, key=importance)
        read: list[FlowState] = []
        for flow in ordered[:READ_AT_MOST]:
            try:
                read.append(await self.read(flow.id))
            except Gone:
                continue
        return read + ordered[READ_AT_MOST:]
