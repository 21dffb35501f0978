"""HTTP header fields as the data path carries them."""

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

_OF_AN_ATTEMPT: Final = HOP_BY_HOP | {
    b"accept-encoding",
    b"host",
    b"content-length",
    b"expect",
    b"traceparent",
}


def header(headers: Headers, name: bytes) -> bytes | None:
    """Return the first value of `name` (lower case), or None where it is absent."""
    for key, value in headers:
        if key == name:
            return value
    return None


def header_values(headers: Headers, name: bytes) -> tuple[bytes, ...]:
    """Return every value of `name` (lower case), in order of arrival."""
    return tuple(value for key, value in headers if key == name)


_USUAL_CONNECTION: Final = frozenset({b"", b"keep-alive", b"close", b"Keep-Alive"})


def connection_options(value: bytes) -> frozenset[bytes]:
    """Return the names, in lower case, in the value of a Connection field."""
    if value in _USUAL_CONNECTION:
        return frozenset()
    return frozenset(option.strip() for option in value.lower().split(b","))


def end_to_end(headers: Headers) -> Headers:
    """Return `headers` without what concerns the connection they came by.

    That is RFC 9110 §7.6.1: the hop-by-hop fields, and those that Connection
    names.
    """
    named = {
        token.strip().lower()
        for value in header_values(headers, b"connection")
        for token in value.split(b",")
    }
    dropped = HOP_BY_HOP | named
    return tuple(line for line in headers if line[0] not in dropped)


def outgoing_headers(own: Headers, forwarded: Headers) -> Headers:
    """Return the fields of a request to an upstream: `own`, then `forwarded`.

    A forwarded field never repeats or replaces a field of `own`. Neither has fields of
    the connection, the framing or the span: each attempt has its own.
    """
    names, more = dict(own).keys(), dict(forwarded).keys()
    if names.isdisjoint(more) and _OF_AN_ATTEMPT.isdisjoint([*names, *more]):
        return own + forwarded
    taken = _OF_AN_ATTEMPT.union(names)
    kept = tuple([line for line in own if line[0] not in _OF_AN_ATTEMPT])
    return kept + tuple([line for line in forwarded if line[0] not in taken])


def with_fields(headers: Headers, fields: Headers) -> Headers:
    """Return `headers` with `fields` in place of those of the same names."""
    names = {name for name, _ in fields}
    return (*[line for line in headers if line[0] not in names], *fields)
