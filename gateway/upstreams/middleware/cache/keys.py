"""The keys under which responses are stored (RFC 9111 §2).

A request gets a response that is stored under one of its two keys, if both agree in
the fields that the response lists in Vary:

    public   for `public` responses, which depend on their Vary fields only
    exact    for all others: the key includes the forwarded fields of the client

Both include the host that the service sees, if it is not that of the instance. The
exact key also includes the credentials that a resolver sets, and all fields of the
client of a plain route. With a configured `ttl` it includes all fields, as the ttl
makes responses reusable that have no Cache-Control.
"""

from hashlib import blake2b
from typing import Final

from msgspec import Struct

from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.middleware.cache.preconditions import CONDITIONS
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse
from weir.gateway.upstreams.model.call_key import CREDENTIALS, PER_REQUEST

_FOR_THE_SERVICE: Final = frozenset(
    {b"range", b"if-match", b"if-unmodified-since", b"if-range"}
)
_FOR_CACHES: Final = CONDITIONS | {b"cache-control", b"pragma"}
"""Fields that the cache itself evaluates; they do not select a response."""
_NOT_SELECTING: Final = PER_REQUEST | _FOR_CACHES
_DIGEST_BYTES: Final = 24


class CacheKeys(Struct, frozen=True):
    """The keys of one request."""

    exact: CacheKey
    public: CacheKey

    def of(self, stored: StoredResponse) -> CacheKey:
        """Return the key for `stored`."""
        return self.public if stored.public else self.exact


def cache_keys(
    upstream: str, request: UpstreamRequest, forwarded: Headers, *, by_all_fields: bool
) -> CacheKeys | None:
    """Return the keys of `request`, or None if it bypasses the cache.

    GET is stored by its path, and a safe POST by its body and its own fields as well.
    Range requests, and requests with conditions that a cache cannot evaluate, bypass
    the cache.
    """
    names = [name for name, _ in request.headers + forwarded]
    if not _FOR_THE_SERVICE.isdisjoint(names):
        return None
    by_all_fields = by_all_fields or request.of_client
    match request.method:
        case "GET" if not request.body:
            public = request.authority.encode()
            exact = _digest(_own(request, by_all_fields=by_all_fields), public)
        case "POST" | "QUERY" if CONDITIONS.isdisjoint(names):
            exact = _digest(_own(request, by_all_fields=True), request.body)
            exact.update(request.authority.encode())
            public = exact.digest()
        case _:
            return None
    exact.update(
        repr([line for line in forwarded if line[0] not in _NOT_SELECTING]).encode()
    )
    return CacheKeys(
        _key(upstream, request, exact.digest()), _key(upstream, request, public)
    )


def _own(request: UpstreamRequest, *, by_all_fields: bool) -> Headers:
    if by_all_fields:
        ignored = _NOT_SELECTING if request.of_client else _FOR_CACHES
        return tuple([line for line in request.headers if line[0] not in ignored])
    return tuple([line for line in request.headers if line[0] in CREDENTIALS])


def _digest(headers: Headers, body: bytes = b"") -> blake2b:
    digest = blake2b(b"%d:" % len(body), digest_size=_DIGEST_BYTES)
    digest.update(body)
    digest.update(repr(headers).encode())
    return digest


def _key(upstream: str, request: UpstreamRequest, identity: bytes) -> CacheKey:
    return CacheKey(
        upstream=upstream,
        partition=request.partition,
        method=request.method,
        path=request.path,
        identity=identity,
    )
