"""The one door to the outside, when the other side means harm: bombs, cookies, addresses in disguise."""

import gzip
import tracemalloc
import zlib
from ipaddress import ip_address

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saleor_stoq_app.errors import Forbidden, TooLarge
from saleor_stoq_app.http import Client, NoAnswer, resolve_public

MEGABYTE = 1024 * 1024
WORDS = b'{"a": "shirt"}'


def answering(body: bytes, **headers: str) -> httpx.ASGITransport:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Route("/", lambda _: Response(body, headers=named))
    return httpx.ASGITransport(Starlette(routes=[answer]))


async def get(body: bytes, **headers: str) -> bytes:
    async with Client(guarded=False, transport=answering(body, **headers)) as client:
        return (await client.request("GET", "https://shop.example/")).body


async def test_a_packed_answer_is_read():
    assert await get(gzip.compress(WORDS), content_encoding="gzip") == WORDS


async def test_a_small_answer_that_unpacks_into_gigabytes_is_refused_without_unpacking_it():
    bomb = gzip.compress(b"0" * (64 * MEGABYTE))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            await get(bomb, content_encoding="gzip")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 * MEGABYTE


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "zstd"])
async def test_an_answer_packed_as_nobody_asked_for_is_none(encoding):
    body = gzip.compress(gzip.compress(WORDS)) if "gzip" in encoding else zlib.compress(WORDS)
    with pytest.raises(NoAnswer):
        await get(body, content_encoding=encoding)


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(WORDS)[:-9]])
async def test_a_packed_answer_that_is_broken_is_no_answer(body):
    with pytest.raises(NoAnswer):
        await get(body, content_encoding="gzip")


async def test_no_cookie_is_kept_for_whoever_calls_next():
    seen: list[str | None] = []

    def answer(request: Request) -> Response:
        seen.append(request.headers.get("cookie"))
        return Response(headers={"set-cookie": "session=somebody; Path=/"})

    transport = httpx.ASGITransport(Starlette(routes=[Route("/", answer)]))
    async with Client(guarded=False, transport=transport) as client:
        for _ in range(2):
            await client.request("GET", "https://klaviyo.example/")
    assert seen == [None, None]


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1",  # a NAT64 gateway calls 127.0.0.1
        "64:ff9b::a9fe:a9fe",  # and here 169.254.169.254
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",  # 6to4
        "::127.0.0.1",
        "fec0::1",
        "192.0.0.8",
        "224.0.0.1",
        "ff0e::1",
    ],
)
async def test_an_inner_address_in_disguise_is_refused(address):
    with pytest.raises(Forbidden):
        await resolve_public(address, 443)


@pytest.mark.parametrize("address", ["64:ff9b::5db8:d822", "2606:2800:220:1:248:1893:25c8:1946"])
async def test_a_public_address_passes_also_through_a_translator(address):
    assert await resolve_public(address, 443) == ip_address(address)
