"""Requests whose body never comes, or breaks off, do not keep us: at every door that reads one."""

import asyncio

import orjson
import pytest
from starlette.requests import ClientDisconnect, Request

from saleor_stoq_app.api.resolvers import storefront_schema
from saleor_stoq_app.api.router import Endpoint
from saleor_stoq_app.errors import InvalidInput, Unavailable
from saleor_stoq_app.saleor.routes import read_body

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "query_string": b"",
    "headers": [(b"content-type", b"application/json")],
}


async def never():
    await asyncio.Event().wait()


async def gone():
    return {"type": "http.disconnect"}


async def test_a_storefront_that_sends_nothing_is_given_up():
    said = []

    async def send(message):
        said.append(message)

    endpoint = Endpoint(storefront_schema(), None, (), read_seconds=0.01)
    await asyncio.wait_for(endpoint(SCOPE, never, send), 1)

    assert said[0]["status"] == 408
    assert orjson.loads(said[1]["body"])["errors"][0]["extensions"] == {"code": "TOO_SLOW"}


async def test_an_installation_that_sends_nothing_is_given_up():
    with pytest.raises(Unavailable, match="too slowly"):
        await asyncio.wait_for(read_body(Request(SCOPE, never), seconds=0.01), 1)


async def test_an_installation_that_breaks_off_is_refused_without_a_crash():
    with pytest.raises(InvalidInput, match="broke off") as refused:
        await read_body(Request(SCOPE, gone))
    assert isinstance(refused.value.__cause__, ClientDisconnect)
