"""The evaluation of a client's conditions by stored responses (RFC 9111 §4.3.2).

If-None-Match has precedence over If-Modified-Since. The other conditions are about the
state of the service, which a cache does not know.
"""

from re import compile as compile_pattern
from typing import Final

from weir.gateway.headers import Headers, header, header_values
from weir.gateway.http_time import http_date_s
from weir.gateway.upstreams.middleware.cache.stored import StoredResponse

CONDITIONS: Final = frozenset({b"if-none-match", b"if-modified-since"})

_ENTITY_TAG: Final = compile_pattern(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_DESCRIBES_CONTENT: Final = frozenset(
    {
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"content-language",
        b"content-range",
    }
)
_OK: Final = 200


def has_conditions(request_headers: Headers) -> bool:
    """Return whether a cache may have to respond with 304 (Not Modified)."""
    return not CONDITIONS.isdisjoint([name for name, _ in request_headers])


def without_conditions(request_headers: Headers) -> Headers:
    """Return the fields of a request without its conditions."""
    return tuple(line for line in request_headers if line[0] not in CONDITIONS)


def is_unmodified(stored: StoredResponse, request_headers: Headers) -> bool:
    """Return whether the client has the stored response already."""
    if stored.status != _OK or not has_conditions(request_headers):
        return False
    if wanted := header_values(request_headers, b"if-none-match"):
        return _is_among(header(stored.headers, b"etag"), b",".join(wanted))
    since_s = http_date_s(header(request_headers, b"if-modified-since"))
    return since_s is not None and _modified_s(stored) <= since_s


def not_modified_headers(headers: Headers) -> Headers:
    """Return the fields of a response that its 304 has as well (RFC 9110 §15.4.5)."""
    return tuple(line for line in headers if line[0] not in _DESCRIBES_CONTENT)


def is_same_tag(one: bytes, other: bytes) -> bool:
    """Compare entity tags weakly (RFC 9110 §8.8.3.2)."""
    return one.removeprefix(b"W/") == other.removeprefix(b"W/")


def _is_among(etag: bytes | None, wanted: bytes) -> bool:
    if wanted.strip() == b"*":
        return True
    return etag is not None and etag.removeprefix(b"W/") in _ENTITY_TAG.findall(wanted)


def _modified_s(stored: StoredResponse) -> float:
    """Return the time to compare with If-Modified-Since."""
    for name in (b"last-modified", b"date"):
        date_s = http_date_s(header(stored.headers, name))
        if date_s is not None:
            return date_s
    return stored.received_epoch_s
