"""The names by which Saleor knows things, read strictly: API addresses and schema versions."""

import re
from collections.abc import Iterable
from typing import NewType, TypeGuard

from saleor_stoq_app.errors import InvalidInput

SaleorApiUrl = NewType("SaleorApiUrl", str)

MAX_URL = 512
MAX_PORT = 65535
OLDEST_VERSION = (3, 21)

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
_STEP = r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)"
_API_URL = re.compile(
    rf"(?P<scheme>(?i:https?))://(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?(?P<path>{_STEP}*?/graphql)/?"
)
_ID = re.compile(r"[!-~]{1,256}")
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:[.-].*)?", re.DOTALL)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_saleor_api_url(text: str) -> SaleorApiUrl:
    """Return the one spelling of an API address under which a shop is kept.

    Raises:
        InvalidInput: it is not an http(s) address whose path ends in /graphql/.
    """
    found = _API_URL.fullmatch(text) if len(text) <= MAX_URL else None
    port = int(found["port"] or 0) if found else 0
    if found is None or port > MAX_PORT:
        raise InvalidInput(
            "The Saleor API address cannot be read.",
            field="saleor_api_url",
            fix="Give the whole address, such as https://shop.example/graphql/.",
        )
    scheme = found["scheme"].lower()
    suffix = f":{port}" if port and port != _DEFAULT_PORTS[scheme] else ""
    return SaleorApiUrl(f"{scheme}://{found['host'].lower()}{suffix}{found['path']}/")


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address: `https://shop.example`."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def domain_of(url: str) -> str:
    """Return host and port of an address: `shop.example`."""
    return origin_of(url).partition("://")[2]


def is_saleor_id(value: object) -> TypeGuard[str]:
    """Tell whether this may be the id of something in Saleor: short, printable, one word."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def is_allowed(url: SaleorApiUrl, patterns: Iterable[str]) -> bool:
    """Tell whether an operator's list names this address; an empty list names nobody.

    `*` stands for a part of the host or of the path and never crosses a `/`, so that
    `https://*.example/graphql/` lets nobody in through another host's path. `*` alone is everyone.
    """
    return any(pattern == "*" or _pattern(pattern).fullmatch(url) for pattern in patterns)


def _pattern(text: str) -> re.Pattern[str]:
    parts = (text.rstrip("/") + "/").split("*")
    return re.compile("[^/:]*".join(map(re.escape, parts)), re.IGNORECASE)


def parse_schema_version(text: str | None) -> tuple[int, int]:
    """Read "3.23"; anything missing, odd or older than we support counts as the oldest version."""
    found = _VERSION.fullmatch(text or "")
    return max(OLDEST_VERSION, (int(found[1]), int(found[2]))) if found else OLDEST_VERSION


def schema_version_text(text: str | None) -> str:
    """Return the version as it is kept: "3.23"."""
    major, minor = parse_schema_version(text)
    return f"{major}.{minor}"
