"""Whose visit it is, behind proxies that are ours and headers that anybody can write."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.api.addresses import UNKNOWN, caller

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "junk", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, junk, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "198.51.100.1:51234", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]:51234", "2001:db8:1:2::/64"),
        ("10.0.0.1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", UNKNOWN),
    ],
)
def test_the_caller_is_the_first_stranger_seen_from_our_side(peer, forwarded_for, address):
    assert caller(peer, forwarded_for, PROXIES) == address


def test_without_trusted_proxies_the_header_is_worth_nothing():
    assert caller("203.0.113.7", "198.51.100.1", []) == "203.0.113.7"


@given(st.ip_addresses(), st.text(max_size=60))
def test_a_stranger_cannot_choose_its_own_address(stranger, written):
    alone = caller("10.0.0.1", str(stranger), PROXIES)
    behind = caller("10.0.0.1", f"{written}, {stranger}", PROXIES)

    is_ours = any(ip_address(alone) in network for network in PROXIES) if "/" not in alone else False
    assert is_ours or stranger in ip_network("fd00::/8") or alone == behind
