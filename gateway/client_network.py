"""The network that one client is taken to have, for shares and limits per client."""

from ipaddress import IPv6Address, ip_address
from typing import Final

_HOST_BITS: Final = 64
"""One IPv6 subscriber has at least a /64 (RFC 6177), and so all addresses in it."""


def client_network(address: str) -> str:
    """Return the /64 of an IPv6 address; any other address as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _HOST_BITS << _HOST_BITS))
