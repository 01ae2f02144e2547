"""A small Klaviyo for the strategy's own tests: it keeps what it is told and answers as told.

Every request is first checked against the official contract. Behaviour over time is the sandbox's matter.
"""

import re
from collections.abc import Callable
from typing import Any

import httpx
import orjson

from saleor_stoq_app.events import AlertType
from saleor_stoq_app.providers.klaviyo.events import METRICS
from tests.contracts.klaviyo_contract import check, template

Answer = httpx.Response | type[httpx.TransportError]
METRIC_ID = "RK9XjM"
PAGE = 3


def refusal(status: int, *problems: tuple[str, str], **headers: str) -> httpx.Response:
    """Build an error answer; each problem is a pointer and a detail."""
    errors = [
        {"id": "1", "code": "invalid", "title": "Invalid.", "detail": detail, "source": {"pointer": pointer}}
        for pointer, detail in problems
    ]
    return httpx.Response(status, json={"errors": errors}, headers=headers)


def html(status: int = 200) -> httpx.Response:
    return httpx.Response(status, html="<html><body>Just a moment...</body></html>")


class Wire:
    """Events by unique id, profiles by phone, and the answers that are to come instead of the right ones."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.consents: dict[str, dict[str, Any]] = {}
        self.imported: list[dict[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self.metrics: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.swallows = False
        self.account_name = "Acme"
        self.lost: list[str] = []
        """Paths whose next answer is lost on its way, after Klaviyo acted."""
        self._to_come: list[tuple[str, Answer]] = []
        self._acts: dict[str, Callable[[httpx.Request], httpx.Response]] = {
            "GET /api/accounts": self._account,
            "GET /api/events": self._read_events,
            "GET /api/flows": lambda request: self._page(request, []),
            "GET /api/metrics": lambda request: self._page(request, self.metrics),
            "GET /api/profiles": self._read_profiles,
            "POST /api/events": self._event,
            "POST /api/event-bulk-create-jobs": self._many_events,
            "POST /api/profile-import": self._import,
            "POST /api/profile-subscription-bulk-create-jobs": self._subscribe,
        }
        self.list_metric(METRICS[AlertType.BACK_IN_STOCK], "API", METRIC_ID)

    def list_metric(self, name: str, integration: str, metric_id: str) -> None:
        attributes = {"name": name, "integration": {"object": "integration", "name": integration}}
        self.metrics.append({"type": "metric", "id": metric_id, "attributes": attributes})

    def answer(self, *answers: Answer, path: str = "") -> None:
        """Give these answers to the next requests (of a path) instead of acting."""
        self._to_come.extend((path, answer) for answer in answers)

    @property
    def told(self) -> list[str]:
        return list(self.events)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        check(request)
        self.requests.append(request)
        for place, (path, answer) in enumerate(self._to_come):
            if path in {"", request.url.path}:
                del self._to_come[place]
                return given(answer, request)
        response = self._acts[f"{request.method} {template(request.url.path)}"](request)
        response.headers.update(self.headers)
        if request.url.path in self.lost:
            self.lost.remove(request.url.path)
            raise httpx.ReadError("made up, after acting", request=request)
        return response

    def _event(self, request: httpx.Request) -> httpx.Response:
        attributes = orjson.loads(request.content)["data"]["attributes"]
        self.events.setdefault(attributes["unique_id"], attributes)
        return httpx.Response(202)

    def _many_events(self, request: httpx.Request) -> httpx.Response:
        job = orjson.loads(request.content)["data"]["attributes"]["events-bulk-create"]["data"]
        for element in () if self.swallows else job:
            attributes = element["attributes"]["events"]["data"][0]["attributes"]
            self.events[attributes["unique_id"]] = attributes | {"profile": element["attributes"]["profile"]}
        return httpx.Response(202)

    def _read_events(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get("filter", "(datetime,0Z)(datetime,0Z)")
        since, until = re.findall(r"datetime,([^)]+)Z\)", asked)
        shown = [
            {"type": "event", "id": unique_id, "attributes": {"event_properties": {"$event_id": unique_id}}}
            for unique_id, event in sorted(self.events.items(), key=lambda pair: pair[1]["time"])
            if f'"{METRIC_ID}"' in asked and since <= event["time"][:19] <= until
        ]
        return self._page(request, shown)

    def _read_profiles(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get("filter", "")
        shown = [
            {
                "type": "profile",
                "id": phone,
                "attributes": {"phone_number": phone, "subscriptions": {"sms": {"marketing": marketing}}},
            }
            for phone, marketing in self.consents.items()
            if f'"{phone}"' in asked
        ]
        return self._page(request, shown)

    def _page(self, request: httpx.Request, shown: list[dict[str, Any]]) -> httpx.Response:
        start = int(request.url.params.get("page[cursor]", "0"))
        cursor = {"page[cursor]": str(start + PAGE)}
        following = httpx.URL("https://elsewhere.example/api", params=cursor)
        links = {"next": str(following) if len(shown) > start + PAGE else None}
        return httpx.Response(200, json={"data": shown[start : start + PAGE], "links": links})

    def _subscribe(self, request: httpx.Request) -> httpx.Response:
        self.jobs.append(orjson.loads(request.content)["data"]["attributes"])
        return httpx.Response(202)

    def _import(self, request: httpx.Request) -> httpx.Response:
        self.imported.append(orjson.loads(request.content)["data"]["attributes"])
        return httpx.Response(201, json={"data": {"type": "profile", "id": "01H"}})

    def _account(self, _request: httpx.Request) -> httpx.Response:
        attributes = {"contact_information": {"organization_name": self.account_name}}
        return httpx.Response(
            200, json={"data": [{"type": "account", "id": "AbC123", "attributes": attributes}]}
        )


def given(answer: Answer, request: httpx.Request) -> httpx.Response:
    if isinstance(answer, httpx.Response):
        return answer
    raise answer("made up", request=request)
