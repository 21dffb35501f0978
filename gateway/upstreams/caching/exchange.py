"""A request as a cache sees it, and when it was answered."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from gateway.headers import Headers
from gateway.upstreams.caching.preconditions import CONDITIONS
from gateway.upstreams.caching.stored import CacheKey
from gateway.upstreams.call import UpstreamRequest, UpstreamResponse
from gateway.upstreams.call_key import call_key

_CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})
_FOR_THE_SERVICE: Final = frozenset(
    {b"range", b"if-match", b"if-unmodified-since", b"if-range"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request with all its fields, the answer, and when each left (epoch seconds).

    `since` is the moment of the store at which the request was sent.
    """

    request: UpstreamRequest
    headers: Headers
    response: UpstreamResponse
    sent_s: float
    received_s: float
    since: int = 0


def has_credentials(headers: Headers) -> bool:
    """Say whether a request says who asks.

    RFC 9111 section 3.5 is about Authorization; Cookie is treated alike, for services
    are careless about Vary.
    """
    return not _CREDENTIALS.isdisjoint([name for name, _ in headers])


def cache_key(
    upstream: str, request: UpstreamRequest, forwarded: Headers
) -> CacheKey | None:
    """Return where to look for an answer to `request`, or None if nowhere.

    Only GET has an HTTP cache key. A safe POST has one of our own: everything the
    upstream would see. Requests for a part, and on conditions that a cache cannot
    judge, are the caller's own business.
    """
    names = [name for name, _ in request.headers + forwarded]
    if not _FOR_THE_SERVICE.isdisjoint(names):
        return None
    match request.method:
        case "GET" if not request.body:
            identity = b""
        case "POST" | "QUERY" if CONDITIONS.isdisjoint(names):
            identity = blake2b(repr(call_key(request, forwarded)).encode()).digest()
        case _:
            return None
    return CacheKey(
        upstream=upstream,
        partition=request.partition,
        method=request.method,
        path=request.path,
        identity=identity,
    )
