"""A small Klaviyo with metrics and flows; every request is checked as by the wire."""

import re
from itertools import count
from typing import Any

import httpx
import orjson

from tests.providers.klaviyo.wire import Wire, refusal

NAME_FILTER = re.compile(r'(equals|contains)\(name,"([^"\\]*)"\)', re.DOTALL)
SMALL = ("name", "status", "archived", "trigger_type")


class FlowWire(Wire):
    """Flows by id; an event makes its metric known, under the integration of whoever calls."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics.clear()
        self.flows: dict[str, dict[str, Any]] = {}
        self.seen: dict[str, list[str]] = {}
        self.integration = "API"
        self.lists_metrics = True
        self.leaves_drafts = False
        self.grants_transactional = True
        self.texting: dict[str, Any] | None = {"status": "active"}
        self.senders: list[dict[str, Any]] = []
        self._numbers = count(100001)
        self._acts |= {
            "GET /api/flows": self._list,
            "POST /api/flows": self._create,
            "GET /api/flows/{id}": self._show,
            "PATCH /api/flows/{id}": self._change,
            "DELETE /api/flows/{id}": self._delete,
            "GET /api/metrics/{id}/flow-triggers": self._triggers,
            "GET /api/text-messaging-configurations/{id}": self._texting,
            "GET /api/text-messaging-senders": lambda request: self._page(request, self.senders),
        }

    def add_flow(
        self,
        name: str,
        metric_id: str = "RK9XjM",
        *,
        status: str = "live",
        text: str = "live",
        archived: bool = False,
        smart: bool = False,
    ) -> str:
        """Put a flow there that somebody made by hand; return its id."""
        message = {
            "body": "Hi",
            "smart_sending_enabled": smart,
            "sms_quiet_hours_enabled": True,
            "transactional": False,
        }
        action = {
            "id": str(next(self._numbers)),
            "type": "send-sms",
            "data": {"status": text, "message": message},
        }
        definition = {"triggers": [{"type": "metric", "id": metric_id}], "actions": [action]}
        return self._add(name, definition, status, archived=archived)

    def flow_named(self, name: str) -> dict[str, Any]:
        """Return the attributes of the one flow of that name."""
        (found,) = (flow["attributes"] for flow in self.flows.values() if flow["attributes"]["name"] == name)
        return found

    def _add(self, name: str, definition: dict[str, Any], status: str, *, archived: bool = False) -> str:
        flow_id = f"F{next(self._numbers)}"
        attributes = {
            "name": name,
            "status": status,
            "archived": archived,
            "trigger_type": "Metric",
            "definition": definition,
        }
        self.flows[flow_id] = {"type": "flow", "id": flow_id, "attributes": attributes}
        return flow_id

    def _event(self, request: httpx.Request) -> httpx.Response:
        attributes = orjson.loads(request.content)["data"]["attributes"]
        name = attributes["metric"]["data"]["attributes"]["name"]
        if self.lists_metrics:
            metric_id = self._metric(name)
            self.seen.setdefault(metric_id, []).append(attributes["unique_id"])
        return super()._event(request)

    def _metric(self, name: str) -> str:
        for metric in self.metrics:
            shown = metric["attributes"]
            if (shown["name"], shown["integration"]["name"]) == (name, self.integration):
                return str(metric["id"])
        metric_id = f"M{next(self._numbers)}"
        self.list_metric(name, self.integration, metric_id)
        return metric_id

    def _read_events(self, request: httpx.Request) -> httpx.Response:
        asked = re.search(r'equals\(metric_id,"(\w+)"\)', request.url.params.get("filter", ""))
        shown = [
            {"type": "event", "id": unique_id, "attributes": {"event_properties": {"$event_id": unique_id}}}
            for unique_id in reversed(self.seen.get(asked[1], []) if asked else [])
        ]
        return self._page(request, shown)

    def _list(self, request: httpx.Request) -> httpx.Response:
        found = list(self.flows.values())
        if "filter" in request.url.params:
            read = NAME_FILTER.fullmatch(request.url.params["filter"])
            if read is None:
                return refusal(400, ("", "Invalid filter provided"))
            operator, wanted = read.groups()
            names = {flow["id"]: flow["attributes"]["name"] for flow in found}
            keeps = {"equals": lambda name: name == wanted, "contains": lambda name: wanted in name}[operator]
            found = [flow for flow in found if keeps(names[flow["id"]])]
        return self._page(request, [_small(flow) for flow in found])

    def _triggers(self, request: httpx.Request) -> httpx.Response:
        metric_id = request.url.path.split("/")[3]
        if all(metric["id"] != metric_id for metric in self.metrics):
            return refusal(404, ("", "A metric with that id does not exist."))
        on_it = [
            _small(flow)
            for flow in self.flows.values()
            if flow["attributes"]["definition"]["triggers"][0]["id"] == metric_id
        ]
        return httpx.Response(200, json={"data": on_it, "links": {"self": "https://a.klaviyo.com/x"}})

    def _create(self, request: httpx.Request) -> httpx.Response:
        attributes = orjson.loads(request.content)["data"]["attributes"]
        definition = attributes["definition"]
        if all(metric["id"] != definition["triggers"][0]["id"] for metric in self.metrics):
            return refusal(404, ("", "A metric with that id does not exist."))
        for action in definition["actions"]:
            del action["temporary_id"]
            action["id"] = str(next(self._numbers))
            action["data"]["message"]["transactional"] &= self.grants_transactional
        flow_id = self._add(attributes["name"], definition, "draft")
        return httpx.Response(201, json={"data": self.flows[flow_id]})

    def _show(self, request: httpx.Request) -> httpx.Response:
        flow = self.flows.get(request.url.path.split("/")[3])
        return _gone() if flow is None else httpx.Response(200, json={"data": flow})

    def _change(self, request: httpx.Request) -> httpx.Response:
        told = orjson.loads(request.content)["data"]
        flow = self.flows.get(request.url.path.split("/")[3])
        if flow is None:
            return _gone()
        assert told["id"] == flow["id"]
        flow["attributes"]["status"] = told["attributes"]["status"]
        for action in () if self.leaves_drafts else flow["attributes"]["definition"]["actions"]:
            action["data"]["status"] = told["attributes"]["status"]
        return httpx.Response(200, json={"data": _small(flow)})

    def _delete(self, request: httpx.Request) -> httpx.Response:
        found = self.flows.pop(request.url.path.split("/")[3], None)
        return _gone() if found is None else httpx.Response(204)

    def _page(self, request: httpx.Request, shown: list[dict[str, Any]]) -> httpx.Response:
        """Page as Klaviyo does: fifty flows at a time."""
        start, size = (
            int(request.url.params.get(f"page[{name}]", n)) for name, n in (("cursor", 0), ("size", 50))
        )
        following = httpx.URL("https://elsewhere.example/api", params={"page[cursor]": str(start + size)})
        links = {"next": str(following) if len(shown) > start + size else None}
        return httpx.Response(200, json={"data": shown[start : start + size], "links": links})

    def _texting(self, request: httpx.Request) -> httpx.Response:
        if self.texting is None:
            return refusal(404, ("", "No text messaging configuration."))
        account = request.url.path.split("/")[3]
        data = {"type": "text-messaging-configuration", "id": account, "attributes": self.texting}
        return httpx.Response(200, json={"data": data})


def _small(flow: dict[str, Any]) -> dict[str, Any]:
    """Show a flow as lists do: without its definition."""
    return flow | {"attributes": {name: flow["attributes"][name] for name in SMALL}}


def _gone() -> httpx.Response:
    return refusal(404, ("", "A flow with that id does not exist."))
