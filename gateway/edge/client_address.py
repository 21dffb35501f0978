"""Who the client is: the nearest hop that we have no reason to believe further.

A forwarding header is a claim by whoever sent it. It counts only as far as it was
written by proxies that the configuration trusts, so it is read from the right, where
the nearest proxy wrote, and the first address that is not a trusted proxy's is the
client's. Everything to the left of it is the client's own invention. Which header the
proxies write is configured, not guessed: a proxy that appends X-Forwarded-For lets a
client's own Forwarded pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal, NamedTuple, TypeAlias

from weir.gateway.edge.header_map import HeaderMap

Network: TypeAlias = IPv4Network | IPv6Network
ProxyHeader = Literal["x-forwarded-for", "forwarded"]

# A chain longer than this is not a network's, it is an attack's.
_MAX_HOPS = 32
_SEEN_ADDRESSES = 4096
_HOST = re.compile(rb"[A-Za-z0-9._~%\[\]:-]{1,255}")
# The quantifiers are possessive, so that each character is read once.
_ELEMENT = re.compile(r'(?:[^,"]++|"[^"]*+")++')


def networks(values: tuple[str, ...]) -> tuple[Network, ...]:
    """Parse addresses and networks; raises ValueError with the value that is none."""
    return tuple(ip_network(value) for value in values)


class Origin(NamedTuple):
    """Where a request comes from, as far as it is believed.

    `hops` goes upstream as X-Forwarded-For: the client, then the proxies between.
    """

    address: str
    scheme: str
    host: bytes
    hops: bytes


@dataclass(frozen=True, slots=True)
class _Hop:
    address: str
    scheme: str = ""
    host: bytes = b""


class TrustedProxies:
    """Decides a request's origin from the connection and the proxies' header."""

    __slots__ = ("_header", "_trusts")

    def __init__(
        self,
        trusted: tuple[Network, ...] = (),
        header: ProxyHeader = "x-forwarded-for",
    ) -> None:
        self._header = header

        @lru_cache(maxsize=_SEEN_ADDRESSES)
        def trusts(address: str) -> bool:
            ip = ip_address(address)
            return any(ip in network for network in trusted)

        self._trusts = trusts if trusted else None

    def origin(self, peer: str, scheme: str, fields: HeaderMap) -> Origin:
        """Resolve the origin of a request that `peer` sent (an address, or "")."""
        host = fields.get(b"host", b"")
        trusts = self._trusts
        if trusts is None or not _is_address(peer) or not trusts(peer):
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
        """Yield the hops that the proxies name, nearest first; stop at nonsense."""
        if self._header == "forwarded":
            return _forwarded_hops(fields.get(b"forwarded", b""))
        return _x_forwarded_hops(fields)


def is_host(value: bytes) -> bool:
    """Say whether a Host value has the form of one (RFC 9110 §7.2, no userinfo)."""
    return _HOST.fullmatch(value) is not None


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

    Quotes are counted without a look at backslashes, which no address or host has. A
    client that opens a quote and leaves it open could make what a proxy appends a part
    of its own element, so that a field with an odd number of quotes counts as none.
    """
    if value.count(b'"') % 2:
        return
    elements = _ELEMENT.findall(value.decode("latin-1").lower())
    for element in reversed(elements[-_MAX_HOPS:]):
        parameters = dict(map(_parameter, element.split(";")))
        address = _without_port(parameters.get("for", ""))
        # "unknown" and obfuscated identifiers (§6.2, §6.3) name nobody.
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
    """Strip the port of 192.0.2.1:80 and [2001:db8::1]:80; a bare address stays."""
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0] if value.count(":") == 1 else value


@lru_cache(maxsize=_SEEN_ADDRESSES)
def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True
