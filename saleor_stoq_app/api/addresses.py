"""Who is calling: the address that limits are counted on, behind proxies that we trust and no others."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"


def caller(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the caller's address: the right-most of X-Forwarded-For that is not one of our proxies.

    Each proxy appends the address that it was called from, so what stands left of the first stranger
    was written by that stranger. An IPv6 caller owns a whole /64 and counts as one.
    """
    address = _parse(peer)
    for hop in reversed(forwarded_for.split(",") if trusted and forwarded_for else []):
        before = _parse(hop)
        if before is None or not _is_in(address, trusted):
            break
        address = before
    return _group(address)


def _parse(text: str) -> Address | None:
    """Read "203.0.113.7", "203.0.113.7:5000", "2001:db8::1", "[2001:db8::1]:5000"; else None."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def _group(address: Address | None) -> str:
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
