"""Addresses of clients, and the network that one client is taken to have."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

_HOST_BITS: Final = 64
"""One IPv6 subscriber has at least a /64 (RFC 6177), and so all addresses in it."""


def parse_address(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address, or None for another text.

    An IPv4 client of a socket for both families has an IPv4-mapped address (RFC 4291
    §2.5.5.2). The IPv4 address is returned for it, because rules name that.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def client_network(address: str) -> str:
    """Return the /64 of an IPv6 address; any other address as it is."""
    parsed = parse_address(address)
    if parsed is None:
        return address
    if isinstance(parsed, IPv6Address):
        return str(IPv6Address(int(parsed) >> _HOST_BITS << _HOST_BITS))
    return str(parsed)
