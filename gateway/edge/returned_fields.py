"""The fields of services' responses that are returned to the client.

Header rules choose them (`gateway.upstreams.model.header_rules`). Several services may
send the same field:

    Set-Cookie     all cookies; of one name, domain and path the last (RFC 6265 §5.3)
    lists          all values, each once
    other fields   those of the last response
"""

from collections.abc import Iterable, Sequence
from typing import Final

from weir.gateway.headers import Headers

_LISTS: Final = frozenset(
    {b"allow", b"content-language", b"link", b"server-timing", b"warning"}
)
"""Fields whose grammar is a list, and whose values do not contradict each other."""


def merged(responses: Sequence[Headers]) -> Headers:
    """Return the merged fields of several responses."""
    cookies: dict[object, bytes] = {}
    lists: dict[tuple[bytes, bytes], None] = {}
    others: dict[bytes, tuple[bytes, ...]] = {}
    for fields in responses:
        single: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            if name == b"set-cookie":
                identity = _cookie_identity(value)
                cookies.pop(identity, None)
                cookies[identity] = value
            elif name in _LISTS:
                lists[name, value] = None
            else:
                single.setdefault(name, []).append(value)
        others |= {name: tuple(values) for name, values in single.items()}
    return (
        *((name, value) for name, values in others.items() for value in values),
        *lists,
        *((b"set-cookie", value) for value in cookies.values()),
    )


def _cookie_identity(value: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the name, domain and path of a cookie."""
    pair, *attributes = value.split(b";")
    found = dict(_attributes(attributes))
    domain = found.get(b"domain", b"").lower().removeprefix(b".")
    return pair.partition(b"=")[0].strip(), domain, found.get(b"path", b"")


def _attributes(attributes: Iterable[bytes]) -> Iterable[tuple[bytes, bytes]]:
    for attribute in attributes:
        name, _, value = attribute.partition(b"=")
        yield name.strip().lower(), value.strip()
