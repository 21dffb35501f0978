"""HTTP header fields as the data path carries them."""

from collections.abc import Iterator
from typing import Final, TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Field lines in order; names in lower case, values without surrounding space."""

HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Fields that concern one connection alone (RFC 9110 §7.6.1)."""

OF_AN_ATTEMPT: Final = HOP_BY_HOP | {
    b"accept-encoding",
    b"content-length",
    b"expect",
    b"host",
    b"traceparent",
}
"""Fields of the connection, the framing and the span of one attempt at an upstream."""


def header(headers: Headers, name: bytes) -> bytes | None:
    """Return the first value of `name` (lower case), or None if it is absent."""
    for key, value in headers:
        if key == name:
            return value
    return None


def header_values(headers: Headers, name: bytes) -> tuple[bytes, ...]:
    """Return every value of `name` (lower case), in order of arrival."""
    return tuple([value for key, value in headers if key == name])


def list_members(headers: Headers, name: bytes) -> tuple[bytes, ...]:
    """Return the members of the lists in all fields `name` (RFC 9110 §5.6.1).

    `name` is in lower case, and so are the members.
    """
    members = (
        member.strip().lower()
        for value in header_values(headers, name)
        for member in value.split(b",")
    )
    return tuple(member for member in members if member)


_USUAL_CONNECTION: Final = frozenset({b"", b"keep-alive", b"close", b"Keep-Alive"})


def connection_options(value: bytes) -> frozenset[bytes]:
    """Return the names, in lower case, in the value of a Connection field.

    There are none in the usual values, as `close` and `keep-alive` name no field.
    """
    if value in _USUAL_CONNECTION:
        return frozenset()
    return frozenset(option.strip() for option in value.lower().split(b","))


def cookies(field: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the cookies of a Cookie field (RFC 6265 §4.2.1)."""
    for pair in field.split(b";"):
        name, separator, value = pair.strip().partition(b"=")
        if separator:
            yield name, value


def end_to_end(headers: Headers) -> Headers:
    """Return `headers` without what concerns the connection they came by.

    That is RFC 9110 §7.6.1: the hop-by-hop fields, and those that Connection
    names.
    """
    dropped = HOP_BY_HOP
    if header(headers, b"connection") is not None:
        dropped = dropped.union(list_members(headers, b"connection"))
    return tuple([line for line in headers if line[0] not in dropped])


def outgoing_headers(own: Headers, forwarded: Headers) -> Headers:
    """Return the fields of a request to an upstream: `own`, then `forwarded`.

    A forwarded field never repeats or replaces a field of `own`. Neither has fields of
    the connection, the framing or the span: each attempt has its own.
    """
    names, more = dict(own).keys(), dict(forwarded).keys()
    if names.isdisjoint(more) and OF_AN_ATTEMPT.isdisjoint([*names, *more]):
        return own + forwarded
    taken = OF_AN_ATTEMPT.union(names)
    kept = tuple([line for line in own if line[0] not in OF_AN_ATTEMPT])
    return kept + tuple([line for line in forwarded if line[0] not in taken])


def with_fields(headers: Headers, fields: Headers) -> Headers:
    """Return `headers` with `fields` in place of those of the same `cgi_name`."""
    names = {cgi_name(name) for name, _ in fields}
    return (*[line for line in headers if cgi_name(line[0]) not in names], *fields)


def cgi_name(name: bytes) -> bytes:
    """Return a name that is equal for names that CGI and WSGI do not distinguish.

    Both write `-` as `_` (RFC 3875 §4.1.18).
    """
    return name.lower().replace(b"_", b"-")
