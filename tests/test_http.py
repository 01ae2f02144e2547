"""The one door to the outside: what surely never arrived is told apart from what may have."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.errors import Forbidden, TooLarge
from saleor_stoq_app.http import Client, GuardedTransport, NoAnswer, NotReached, resolve_public

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    """Run a small server on a real socket; gives its address."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(once, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"


def answering(answer: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return serve


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def get(url: str, **options: float) -> object:
    async with Client(guarded=False, **options) as client:
        return await client.request("GET", url)


async def test_a_whole_answer_has_status_lower_case_headers_and_body():
    async with server(answering(whole(b'{"a": 1}', "X-Thing: 7", status="418 Teapot"))) as url:
        answer = await get(url)
    assert (answer.status, answer.headers["x-thing"], answer.json()) == (418, "7", {"a": 1})


async def test_a_body_that_is_not_json_reads_as_none():
    async with server(answering(whole(b"<html>"))) as url:
        assert (await get(url)).json() is None


async def test_redirects_are_answers_and_are_not_followed():
    redirect = whole(b"", "Location: http://127.0.0.1:1/", status="302 Found")
    async with server(answering(redirect)) as url:
        assert (await get(url)).status == 302


async def test_a_closed_port_was_not_reached():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(NotReached):
        await get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("url", ["http://", "not a url", "ftp://127.0.0.1/", "http://[::1", "http://a..b/"])
async def test_an_address_that_leads_nowhere_was_not_reached(url):
    with pytest.raises(NotReached):
        await get(url)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"gibberish\r\n\r\n",
    ],
    ids=["silence", "half a head", "half a body", "another protocol"],
)
async def test_a_broken_answer_may_have_been_done(answer):
    async with server(answering(answer)) as url:
        with pytest.raises(NoAnswer):
            await get(url)


def endless(chunk: bytes, pause: float) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(pause)

    return serve


async def test_a_body_over_the_limit_is_refused_before_it_is_whole():
    async with server(endless(b"x" * 1024, 0)) as url:
        with pytest.raises(TooLarge):
            await get(url, max_bytes=10_000)


async def test_an_answer_that_drips_for_ever_is_given_up():
    async with server(endless(b"x", 0.01)) as url:
        with pytest.raises(NoAnswer):
            await get(url, whole_seconds=0.2)


async def test_a_body_at_the_limit_is_read():
    async with server(answering(whole(b"x" * 1000))) as url:
        assert len((await get(url, max_bytes=1000)).body) == 1000


async def test_errors_name_the_host_and_nothing_else_of_the_address():
    with pytest.raises(NotReached) as raised:
        await get("http://127.0.0.1:1/profiles?phone=%2B351912345678&api_key=pk_secret")
    assert "127.0.0.1" in raised.value.message
    assert "351" not in raised.value.message
    assert "pk_secret" not in raised.value.message


PRIVATE = [
    "127.0.0.1", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
    "localhost", "2130706433", "0x7f.1",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
async def test_a_guarded_client_calls_no_private_network_however_it_is_written(host):
    async with Client(guarded=True) as client:
        with pytest.raises((Forbidden, NotReached)):
            await client.request("GET", f"http://{host}:1/")


async def test_a_guarded_client_refuses_a_server_that_would_answer():
    async with server(answering(whole(b"secret"))) as url, Client(guarded=True) as client:
        with pytest.raises(Forbidden, match="public internet"):
            await client.request("GET", url)


async def test_a_guarded_client_calls_the_inner_hosts_that_the_operator_named():
    trusted = frozenset({"127.0.0.1"})
    async with server(answering(whole(b"{}"))) as url, Client(guarded=True, trusted=trusted) as client:
        assert (await client.request("GET", url)).status == 200
        with pytest.raises(Forbidden):
            await client.request("GET", url.replace("127.0.0.1", "127.0.0.2"))


@given(
    address=st.one_of(
        st.ip_addresses(network="10.0.0.0/8"),
        st.ip_addresses(network="127.0.0.0/8"),
        st.ip_addresses(network="169.254.0.0/16"),
        st.ip_addresses(network="fc00::/7"),
        st.ip_addresses(network="fe80::/10"),
        st.ip_addresses(network="::ffff:192.168.0.0/112"),
    )
)
async def test_no_private_address_passes(address: IPv4Address | IPv6Address):
    with pytest.raises(Forbidden):
        await resolve_public(str(address), 443)


@pytest.mark.parametrize("host", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
async def test_the_address_that_was_checked_is_the_one_that_is_called(host):
    called: list[httpx.Request] = []

    async def remember(request: httpx.Request) -> httpx.Response:
        called.append(request)
        return httpx.Response(200)

    transport = GuardedTransport(httpx.MockTransport(remember))
    async with Client(guarded=True, transport=transport) as client:
        await client.request("GET", f"https://{f'[{host}]' if ':' in host else host}/path")
    (request,) = called
    assert ip_address(request.url.host) == ip_address(host)
    assert request.headers["host"].strip("[]") == host
    assert request.extensions["sni_hostname"] == host
