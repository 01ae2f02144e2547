"""The one door to httpx: time limits, size limits, no redirects, and no way into private networks.

A call either answers or raises one of two errors that keep apart what matters for sending:
`NotReached` (surely not done) and `NoAnswer` (may have been done).
"""

import asyncio
import logging
import socket
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from saleor_stoq_app.errors import Forbidden, TooLarge, Unavailable

logging.getLogger("httpx").setLevel(logging.WARNING)  # its info lines hold whole URLs, and those phones

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
MAX_BYTES = 8 * 1024 * 1024
WHOLE_SECONDS = 30.0
PACKED = "gzip"

# What Python 3.11 calls global and leads inside all the same: IPv4 in IPv6 (compatible, 6to4), local
# translators, site-local addresses, and the block of protocol assignments.
NEVER_PUBLIC = tuple(map(ip_network, ("::/96", "2002::/16", "64:ff9b:1::/48", "fec0::/10", "192.0.0.0/24")))
TRANSLATED = ip_network("64:ff9b::/96")
"""Where a NAT64 gateway calls the IPv4 address in the last 32 bits."""

_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


class NotReached(Unavailable):
    """The request surely never arrived."""

    code = "NOT_REACHED"


class NoAnswer(Unavailable):
    """The request may have arrived; no whole answer came back."""

    code = "NO_ANSWER"


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body, or None where it is not JSON (an HTML error page, say)."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


class Client:
    """Sends requests; `guarded` refuses hosts outside the public internet, but for those in `trusted`."""

    def __init__(
        self,
        *,
        guarded: bool,
        trusted: frozenset[str] = frozenset(),
        transport: httpx.AsyncBaseTransport | None = None,
        max_bytes: int = MAX_BYTES,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        network = transport or _network(trusted if guarded else None)
        self._client = httpx.AsyncClient(
            transport=network,
            timeout=TIMEOUT,
            follow_redirects=False,
            headers={"accept-encoding": PACKED},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # one client serves many accounts
        )
        self._max_bytes = max_bytes
        self._whole_seconds = whole_seconds

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request and read the whole answer.

        Raises:
            NotReached: it surely never arrived.
            NoAnswer: it may have arrived.
            TooLarge: the answer is larger than `max_bytes`.
            Forbidden: the host may not be called.
        """
        try:
            async with (
                asyncio.timeout(self._whole_seconds),  # httpx limits each read, not the drip of many
                self._client.stream(
                    method, url, headers=dict(headers or {}), content=content, params=params
                ) as answer,
            ):
                body = await self._read(answer)
        except _BEFORE_SENDING as error:
            raise NotReached(f"{host_of(url)} could not be reached.") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(f"{host_of(url)} gave no whole answer.") from error
        except httpx.InvalidURL as error:
            raise NotReached("The address is not a URL.") from error
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)

    async def _read(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in _unpacked(answer, self._max_bytes):
            body += chunk
            if len(body) > self._max_bytes:
                raise TooLarge(f"{answer.url.host} answered with more than {self._max_bytes} bytes.")
        return bytes(body)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def _unpacked(answer: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """Undo gzip a bounded piece at a time: httpx would make 400 MB of an answer of 823 bytes.

    Raises:
        DecodingError: it is packed in another way, more than once, or not whole.
    """
    packed = answer.headers.get("content-encoding", "identity").strip().lower()
    if packed == "identity":
        async for chunk in answer.aiter_bytes():
            yield chunk
        return
    if packed != PACKED:
        raise httpx.DecodingError("The answer is packed as nobody asked for.")
    gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        async for chunk in answer.aiter_raw():
            yield gzip.decompress(chunk, most + 1)
    except zlib.error as error:
        raise httpx.DecodingError("The answer cannot be unpacked.") from error
    if not gzip.eof:
        raise httpx.DecodingError("The answer broke off.")


class GuardedTransport(httpx.AsyncBaseTransport):
    """Resolves a host once, checks every address, and connects to the address that it checked."""

    def __init__(self, inner: httpx.AsyncBaseTransport, trusted: frozenset[str] = frozenset()) -> None:
        self._inner = inner
        self._trusted = trusted

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host in self._trusted:
            return await self._inner.handle_async_request(request)
        address = await resolve_public(host, request.url.port or 443)
        request.extensions["sni_hostname"] = host
        request.url = request.url.copy_with(host=str(address))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def resolve_public(host: str, port: int) -> IPv4Address | IPv6Address:
    """Return an address of the host, all of whose addresses are public.

    Raises:
        NotReached: the name is not known.
        Forbidden: one of its addresses is private, loopback, link-local or reserved.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached(f"{host} is not a known host.") from error
    addresses = [ip_address(str(entry[4][0])) for entry in found]
    if not addresses or not all(map(is_public, addresses)):
        raise Forbidden(
            f"{host} does not lie in the public internet.",
            fix="Use the shop's public address, or set STOQ_ALLOW_PRIVATE_NETWORKS=true for development.",
            code="PRIVATE_ADDRESS",
        )
    return addresses[0]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether a call to this address stays out of every inner network, through translators too."""
    if isinstance(address, IPv6Address) and address in TRANSLATED:
        address = IPv4Address(int(address) & 0xFFFFFFFF)
    inner = address.is_multicast or any(address in network for network in NEVER_PUBLIC)
    return address.is_global and not inner


def host_of(url: str) -> str:
    """Return the host as requests carry it.

    Raises:
        NotReached: this is no URL.
    """
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL as error:
        raise NotReached("The address is not a URL.") from error


def _network(trusted: frozenset[str] | None) -> httpx.AsyncBaseTransport:
    # httpx pools by address, which two guarded hosts may share: a kept TLS connection names the first only
    kept = 20 if trusted is None else 0
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=kept)
    network = httpx.AsyncHTTPTransport(limits=limits, retries=0)
    return network if trusted is None else GuardedTransport(network, trusted)
