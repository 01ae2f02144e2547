"""Trouble on demand, without sockets and over real ones."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from saleor_stoq_app.sandbox.klaviyo import drop, error, hang, html, throttle
from tests.sandbox.klaviyo.calls import METRIC, OTHER_PHONE, Caller, problem


@asynccontextmanager
async def over_sockets(klaviyo):
    config = uvicorn.Config(klaviyo.app, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, timeout=2) as http:
            yield Caller(klaviyo, http)
        server.should_exit = True
        await serving


def recorded(klaviyo, clock):
    clock.advance(60)
    return len(klaviyo.events(METRIC))


async def test_the_next_n_requests_are_throttled_with_or_without_a_word_when(caller, klaviyo, clock):
    klaviyo.fail("/api/events", throttle(7), times=2)
    klaviyo.fail("/api/events", throttle())
    told = [await caller.event() for _ in range(4)]
    assert [one.status_code for one in told] == [429, 429, 429, 202]
    assert [one.headers.get("retry-after") for one in told] == ["7", "7", None, None]
    assert problem(told[0])["code"] == "throttled"
    assert recorded(klaviyo, clock) == 1


@pytest.mark.parametrize("status", [500, 503])
async def test_klaviyos_own_trouble_does_nothing(caller, klaviyo, clock, status):
    klaviyo.fail("/api/events", error(status))
    answer = await caller.event()
    assert answer.status_code == status
    assert problem(answer)
    assert recorded(klaviyo, clock) == 0


@pytest.mark.parametrize("fault", [error(500, acts=True), html(503, acts=True)])
async def test_trouble_may_come_after_the_work_was_done(caller, klaviyo, clock, fault):
    klaviyo.fail("/api/events", fault)
    assert (await caller.event()).status_code >= 500
    assert recorded(klaviyo, clock) == 1


async def test_the_edge_answers_in_html(caller, klaviyo):
    klaviyo.fail("/api/events", html(503))
    answer = await caller.event()
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_fault_may_be_meant_for_one_method_only(caller, klaviyo):
    klaviyo.fail("POST /api/events", error())
    assert (await caller.get("/api/events")).status_code == 200
    assert (await caller.event()).status_code == 500


async def test_a_fault_on_a_path_with_an_id_is_asked_for_by_its_template(caller, klaviyo):
    flow = klaviyo.add_flow(METRIC)
    klaviyo.fail("/api/flows/{id}", error(503))
    assert (await caller.get(f"/api/flows/{flow.id}")).status_code == 503


@pytest.mark.parametrize(("acts", "events"), [(False, 0), (True, 1)])
async def test_a_request_that_hangs_may_or_may_not_have_acted(caller, klaviyo, clock, acts, events):
    klaviyo.fail("/api/events", hang(acts=acts))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await caller.event()
    assert recorded(klaviyo, clock) == events


@pytest.mark.parametrize(("acts", "events"), [(False, 0), (True, 1)])
async def test_a_dropped_request_may_or_may_not_have_acted(caller, klaviyo, clock, acts, events):
    klaviyo.fail("/api/events", drop(acts=acts))
    with pytest.raises(httpx.RemoteProtocolError):
        await caller.event()
    assert recorded(klaviyo, clock) == events


@pytest.mark.parametrize(
    ("fault", "broken"), [(hang(acts=True), httpx.ReadTimeout), (drop(acts=True), httpx.RemoteProtocolError)]
)
async def test_over_real_sockets_an_answer_gets_lost_too(klaviyo, clock, fault, broken):
    async with over_sockets(klaviyo) as caller:
        caller.http.timeout = httpx.Timeout(0.2)
        klaviyo.fail("/api/events", fault)
        with pytest.raises(broken):
            await caller.event()
        assert (await caller.event(OTHER_PHONE)).status_code == 202
    assert recorded(klaviyo, clock) == 2


@pytest.mark.parametrize(("after_acting", "events"), [(False, 0), (True, 1)])
async def test_a_gate_stops_a_request_before_or_after_it_acts(klaviyo, clock, after_acting, events):
    hold = klaviyo.hold("POST /api/events", after_acting=after_acting)
    async with over_sockets(klaviyo) as caller:
        waiting = asyncio.create_task(caller.event())
        await hold.reached()
        assert hold.waiting == 1
        assert recorded(klaviyo, clock) == events
        hold.release()
        assert (await waiting).status_code == 202
        assert (await caller.event(OTHER_PHONE)).status_code == 202
    assert recorded(klaviyo, clock) == 2


@pytest.mark.parametrize(("after_acting", "events"), [(False, 0), (True, 1)])
async def test_a_gate_may_lose_what_stands_at_it(klaviyo, clock, after_acting, events):
    hold = klaviyo.hold("/api/events", after_acting=after_acting)
    async with over_sockets(klaviyo) as caller:
        waiting = asyncio.create_task(caller.event())
        await hold.reached()
        hold.release(drop=True)
        with pytest.raises(httpx.RemoteProtocolError):
            await waiting
    assert recorded(klaviyo, clock) == events


async def test_a_caller_that_dies_at_the_gate_leaves_the_request_to_the_gate(klaviyo, clock):
    hold = klaviyo.hold("/api/events")
    async with over_sockets(klaviyo) as caller:
        waiting = asyncio.create_task(caller.event())
        await hold.reached()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        hold.release()
        await asyncio.sleep(0.05)
        assert (await caller.event(OTHER_PHONE)).status_code == 202
    assert recorded(klaviyo, clock) == 2
