"""A provider account with a memory: metrics that are listed late, flows, and calls that go wrong."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count

from saleor_stoq_app.errors import ProviderError, Unknown
from saleor_stoq_app.providers.flows import FlowMessage, FlowState
from saleor_stoq_app.providers.problems import Gone

LISTED_AFTER = timedelta(seconds=20)
TEXT = FlowMessage("1", "live", smart_sending=False, quiet_hours=True, transactional=True)


class FakeAccount:
    """Flows by id; `wrong` says for the n-th call what is raised, and whether it acts first."""

    def __init__(self, clock):
        self.clock = clock
        self.listed = {}
        self.seeds = []
        self.flows = {}
        self.calls = []
        self.called = asyncio.Event()
        self.wrong = {}
        self.leaves_drafts = False
        self._ids = count(1)

    def add(self, name, metric, *, status="live", text="live", archived=False, **of_text):
        """Put a flow there that somebody made by hand; its metric is listed."""
        self.listed.setdefault(metric, self.clock.now())
        return self._make(name, f"id of {metric}", status, text, archived=archived, **of_text)

    def _make(self, name, metric_id, status, text, *, archived=False, **of_text):
        messages = (replace(TEXT, status=text, **of_text),)
        flow = FlowState(f"F{next(self._ids)}", name, status, archived, metric_id, messages, is_read=True)
        self.flows[flow.id] = flow
        return flow

    def set(self, flow_id, **changes):
        self.flows[flow_id] = replace(self.flows[flow_id], **changes)

    def live(self, metric):
        return [flow for flow in self.flows.values() if flow.metric_id == f"id of {metric}" and flow.texts]

    async def _call(self, what, act):
        """Die or fail before the act, or after it: both happen at a wait of their own."""
        self.calls.append(what)
        self.called.set()
        error, acts = self.wrong.pop(len(self.calls), (None, True))
        await asyncio.sleep(0)
        said = act() if acts else None
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return said

    async def seed(self, metric_name, variables, contact):
        def act():
            self.seeds.append((metric_name, dict(variables), contact))
            self.listed.setdefault(metric_name, self.clock.now() + LISTED_AFTER)

        await self._call("seed", act)

    async def metric_id(self, name):
        shows = lambda: name in self.listed and self.listed[name] <= self.clock.now()  # noqa: E731
        return await self._call("metric_id", lambda: f"id of {name}" if shows() else None)

    async def flows_on(self, metric_id):
        def act():
            if metric_id.removeprefix("id of ") not in self.listed:
                raise Gone("The metric is gone.", what="metric")
            found = [flow for flow in self.flows.values() if flow.metric_id == metric_id]
            return sorted(found, key=lambda flow: not flow.is_live)

        return await self._call("flows_on", act)

    async def flows_named(self, name):
        found = lambda: [flow for flow in self.flows.values() if flow.name == name]  # noqa: E731
        return await self._call("flows_named", found)

    async def near(self, name):
        plain = name.casefold().strip()
        return await self._call(
            "near", lambda: [flow for flow in self.flows.values() if flow.name.casefold().strip() == plain]
        )

    async def read(self, flow_id):
        return await self._call("read", lambda: self._there(flow_id))

    async def create(self, plan):
        return await self._call(
            "create", lambda: self._make(plan.name, plan.metric_id, "draft", "draft", transactional=False)
        )

    async def activate(self, flow_id):
        def act():
            flow = self._there(flow_id)
            texts = "draft" if self.leaves_drafts else "live"
            messages = tuple(replace(message, status=texts) for message in flow.messages)
            self.set(flow_id, status="live", messages=messages)
            return self.flows[flow_id]

        return await self._call("activate", act)

    async def pause(self, flow_id):
        def act():
            self._there(flow_id)
            self.set(flow_id, status="draft")

        await self._call("pause", act)

    async def delete(self, flow_id):
        await self._call("delete", lambda: self.flows.pop(flow_id, None))

    def _there(self, flow_id):
        if flow_id not in self.flows:
            raise Gone("The flow is gone.", what="flow")
        return self.flows[flow_id]


def lost(*, acts):
    """An answer that never came: the call was carried out, or not."""
    return Unknown("No whole answer."), acts


def refused(error: ProviderError):
    return error, False
