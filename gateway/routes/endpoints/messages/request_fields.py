"""The header fields of a client that are sent on to a service (RFC 9110 §7.6)."""

from typing import Final

from weir.gateway.edge.request import RequestHead
from weir.gateway.headers import OF_AN_ATTEMPT, Headers, cgi_name, connection_options
from weir.gateway.upstreams.model.header_rules import OF_THE_GATEWAY

_VIA: Final = b"1.1 weir"
_NEVER: Final = OF_AN_ATTEMPT.union(
    OF_THE_GATEWAY,
    (b"forwarded", b"via", b"x-real-ip", b"x-weir-backend", b"x-weir-mirrored"),
)
"""Fields that the gateway sets itself, or that only a trusted proxy may set."""
_FORWARDED: Final = b"x-forwarded-"
_OWN_VIA: Final = (b"via", _VIA)


def request_fields(head: RequestHead, secret: bytes, prefix: str) -> Headers:
    """Return the fields for a service, in their order.

    `secret` is the field with the client's key for the gateway, as a `cgi_name`.
    `prefix` is that part of the path that the service does not see.

    A field whose name has `_` in place of `-` is treated as the other: CGI and WSGI
    cannot distinguish them.
    """
    own = [
        line
        for line in head.lines
        if (name := line[0]) not in _NEVER
        and name != secret
        and not name.startswith(_FORWARDED)
        and (b"_" not in name or _is_sent(cgi_name(name), secret))
    ]
    fields = head.headers
    if named := connection_options(fields.get(b"connection", b"")):
        own = [line for line in own if line[0] not in named]
    via = fields.get(b"via")
    own.append(_OWN_VIA if via is None else (b"via", via + b", " + _VIA))
    if prefix:
        own.append((b"x-forwarded-prefix", prefix.encode()))
    return tuple(own)


def is_forwarded(name: bytes) -> bool:
    """Return whether a field, in lower case, may be one of the client."""
    plain = cgi_name(name)
    return not (plain in _NEVER or plain.startswith(_FORWARDED))


def _is_sent(name: bytes, secret: bytes) -> bool:
    return not (name in _NEVER or name == secret or name.startswith(_FORWARDED))
