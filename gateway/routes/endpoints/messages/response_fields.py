"""The header fields of a service that a client gets, with its own paths in them.

A service behind a rewritten path does not know the paths of its clients. `Location`,
`Content-Location` and the paths of cookies are rewritten back to them.
"""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from weir.gateway.headers import HOP_BY_HOP, Headers, list_members
from weir.gateway.routes.matching.path import BYTES
from weir.gateway.routes.rewrite import AUTHORITY_LIKE, PathRewrite

_OF_THE_GATEWAY: Final = frozenset({b"date", b"x-request-id"})
_DROPPED: Final = HOP_BY_HOP | _OF_THE_GATEWAY
_NO_TRAILERS: Final = HOP_BY_HOP.union(
    _OF_THE_GATEWAY,
    (
        *(b"age", b"authorization", b"cache-control", b"expires", b"host", b"location"),
        *(b"pragma", b"retry-after", b"set-cookie", b"vary", b"www-authenticate"),
    ),
)
_NO_TRAILERS_BEGIN: Final = (b"content-", b"access-control-")
"""Fields that are never trailers: those of the framing, the content, the control of the
response, and authentication (RFC 9110 §6.5.1)."""
_REFERENCES: Final = frozenset({b"location", b"content-location"})
_REFERENCE: Final = re.compile(
    r"(?:(?:https?:)?//([^/?#]*))?(/[^?#]*)?(.*)", re.IGNORECASE
)
_COOKIE_PATH: Final = re.compile(rb"(;\s*path\s*=\s*)([^;]*)", re.IGNORECASE)
_HOST_COOKIE: Final = b"__host-"
"""RFC 6265bis §4.1.3.2: such a cookie needs the path "/"."""
_CORS: Final = b"access-control-"
_REWRITTEN: Final = _REFERENCES | {b"set-cookie"}


def response_fields(
    headers: Headers,
    rewrite: PathRewrite | None,
    service: tuple[str, str],
    *,
    cors: bool,
) -> Headers:
    """Return the fields for the client.

    `service` is the authority that the service sees, or "", and the URL of its
    instance: a URL at one of them is one of the service. With `cors`, the gateway has
    the only rules for browsers, and those of the service are removed.
    """
    names, dropped = dict(headers).keys(), _DROPPED
    if b"connection" in names:
        dropped = dropped.union(list_members(headers, b"connection"))
    fields = [line for line in headers if line[0] not in dropped]
    if cors:
        fields = [line for line in fields if not line[0].startswith(_CORS)]
    if _REWRITTEN.isdisjoint(names):
        return tuple(fields)
    authority, instance = service
    authorities = {authority.lower(), urlsplit(instance).netloc.lower()} - {""}
    return tuple([_of_client(line, rewrite, authorities) for line in fields])


def trailer_fields(headers: Headers, trailers: Headers) -> Headers:
    """Return the trailer fields for the client of a response with these `headers`.

    A recipient may treat them as header fields, so that some are never trailers.
    """
    never = _NO_TRAILERS.union(list_members(headers, b"connection"))
    return tuple(
        line
        for line in trailers
        if line[0] not in never and not line[0].startswith(_NO_TRAILERS_BEGIN)
    )


def _of_client(
    line: tuple[bytes, bytes], rewrite: PathRewrite | None, authorities: Collection[str]
) -> tuple[bytes, bytes]:
    name, value = line
    if name in _REFERENCES:
        return name, _reference(value.decode(BYTES), rewrite, authorities).encode(BYTES)
    if name == b"set-cookie" and rewrite is not None:
        return name, _cookie(value, rewrite)
    return line


def _reference(
    text: str, rewrite: PathRewrite | None, authorities: Collection[str]
) -> str:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return text
    authority, path, rest = match.groups()
    own = authority is None or authority.lower() in authorities
    path = path or ("/" if authority is not None else "")
    if not own or not path:
        return text
    path = (rewrite and rewrite.back(path)) or path
    return text if path.startswith(AUTHORITY_LIKE) else path + rest


def _cookie(value: bytes, rewrite: PathRewrite) -> bytes:
    if value.lower().startswith(_HOST_COOKIE):
        return value

    def moved(match: re.Match[bytes]) -> bytes:
        path = rewrite.back(match[2].strip().decode(BYTES))
        return match[0] if path is None else match[1] + path.encode(BYTES)

    return _COOKIE_PATH.sub(moved, value)
