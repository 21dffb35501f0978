"""The address of the client, read from the connection and from forwarding headers.

Any client can send a forwarding header. Only the part that trusted proxies wrote is
used. A proxy appends on the right, so the header is read from the right. The first
address that does not belong to a trusted proxy is the client's. The rest, to the left
of it, may be forged. The configuration names the header that the proxies write: a proxy
that appends to X-Forwarded-For passes the client's own Forwarded header on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Literal, TypeAlias

from weir.gateway.clients.network import parse_address
from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.edge.origin import Origin, is_host

Network: TypeAlias = IPv4Network | IPv6Network
ProxyHeader = Literal["x-forwarded-for", "forwarded"]

# Longer chains are treated as an attack.
_MAX_HOPS = 32
_MAPPED_BITS = 96
_SEEN_ADDRESSES = 4096
# The quantifiers are possessive, so that each character is read once.
_ELEMENT = re.compile(r'(?:[^,"]++|"[^"]*+")++')


def networks(values: tuple[str, ...]) -> tuple[Network, ...]:
    """Parse addresses and networks; raise ValueError with the first invalid value.

    A network of IPv4-mapped addresses becomes that of the IPv4 addresses, as addresses
    do (`parse_address`).
    """
    return tuple(_unmapped(ip_network(value)) for value in values)


def _unmapped(network: Network) -> Network:
    address = network.network_address
    if isinstance(address, IPv4Address) or network.prefixlen < _MAPPED_BITS:
        return network
    if address.ipv4_mapped is None:
        return network
    return IPv4Network((address.ipv4_mapped, network.prefixlen - _MAPPED_BITS))


@dataclass(frozen=True, slots=True)
class _Hop:
    address: str
    scheme: str = ""
    host: bytes = b""


class TrustedProxies:
    """The proxies whose forwarding header is used to find a request's origin."""

    __slots__ = ("_header", "_trusts")

    def __init__(
        self,
        trusted: tuple[Network, ...] = (),
        header: ProxyHeader = "x-forwarded-for",
    ) -> None:
        self._header = header

        @lru_cache(maxsize=_SEEN_ADDRESSES)
        def trusts(address: str) -> bool:
            parsed = parse_address(address)
            return any(parsed in network for network in trusted)

        self._trusts = trusts if trusted else None

    def trust(self, peer: str) -> bool:
        """Return whether a peer (an address, or "") is a trusted proxy."""
        trusts = self._trusts
        return trusts is not None and _is_address(peer) and trusts(peer)

    def origin(self, peer: str, scheme: str, fields: HeaderMap) -> Origin:
        """Resolve the origin of a request that `peer` sent (an address, or "")."""
        host = fields.get(b"host", b"")
        trusts = self._trusts
        if trusts is None or not self.trust(peer):
            return Origin(peer, scheme, host, peer.encode())
        nearest = _Hop(peer, scheme, host)
        chain = [nearest]
        for hop in self._claimed_hops(fields):
            chain.append(hop)
            if not trusts(hop.address):
                break
        client = chain[-1]
        return Origin(
            client.address,
            client.scheme or scheme,
            client.host or host,
            ", ".join(hop.address for hop in reversed(chain)).encode(),
        )

    def _claimed_hops(self, fields: HeaderMap) -> Iterator[_Hop]:
        """Yield the hops in the header, nearest first; stop at a malformed one."""
        if self._header == "forwarded":
            return _forwarded_hops(fields.get(b"forwarded", b""))
        return _x_forwarded_hops(fields)


def _x_forwarded_hops(fields: HeaderMap) -> Iterator[_Hop]:
    scheme = _last(fields.get(b"x-forwarded-proto", b"")).decode("latin-1").lower()
    host = _last(fields.get(b"x-forwarded-host", b""))
    claimed = fields.get(b"x-forwarded-for", b"").decode("latin-1")
    for value in reversed(claimed.rsplit(",", _MAX_HOPS)[-_MAX_HOPS:]):
        address = _without_port(value.strip())
        if not _is_address(address):
            return
        yield _Hop(address, _known_scheme(scheme), host if is_host(host) else b"")


def _forwarded_hops(value: bytes) -> Iterator[_Hop]:
    """Read Forwarded from the right (RFC 7239 §4).

    Quotes are counted without regard to backslashes, which no address or host contains.
    With an unclosed quote, a client could turn the text that a proxy appends into a
    part of the client's own element. A field with an odd number of quotes is therefore
    ignored.
    """
    if value.count(b'"') % 2:
        return
    elements = _ELEMENT.findall(value.decode("latin-1").lower())
    for element in reversed(elements[-_MAX_HOPS:]):
        parameters = dict(map(_parameter, element.split(";")))
        address = _without_port(parameters.get("for", ""))
        # "unknown" and obfuscated identifiers (§6.2, §6.3) are not addresses.
        if not _is_address(address):
            return
        host = parameters.get("host", "").encode("latin-1")
        yield _Hop(
            address,
            _known_scheme(parameters.get("proto", "")),
            host if is_host(host) else b"",
        )


def _parameter(text: str) -> tuple[str, str]:
    """Read token "=" ( token / quoted-string )."""
    name, _, value = text.strip().partition("=")
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return name, value[1:-1] if quoted else value


def _last(value: bytes) -> bytes:
    return value.rsplit(b",", 1)[-1].strip()


def _known_scheme(value: str) -> str:
    return value if value in {"http", "https"} else ""


def _without_port(value: str) -> str:
    """Strip the port of 192.0.2.1:80 or [2001:db8::1]:80, if there is one."""
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0] if value.count(":") == 1 else value


@lru_cache(maxsize=_SEEN_ADDRESSES)
def _is_address(value: str) -> bool:
    return parse_address(value) is not None
