"""What caches have to do with an answer, as HTTP tells it."""

from typing import Final

from gateway.headers import Headers
from resolvers.execute.result import ExecutionResult
from resolvers.provenance import CacheUse

_STATUS: Final = {
    CacheUse.HIT: b"weir; hit",
    CacheUse.REVALIDATED: b"weir; fwd=stale; fwd-status=304",
    CacheUse.MISS: b"weir; fwd=miss",
    CacheUse.STALE: b"weir; hit; detail=stale",
    CacheUse.FALLBACK: b"weir; fwd=miss; detail=fallback",
}


def cache_fields(result: ExecutionResult) -> Headers:
    """Return Age, X-Cache and Cache-Status (RFC 9211), as far as they apply.

    Of several services' answers the worst tells: what is a hit took no call at all.
    """
    fields: list[tuple[bytes, bytes]] = []
    if result.age_s:
        fields.append((b"age", str(int(result.age_s)).encode()))
    if result.cache:
        fields.append((b"x-cache", result.cache.name.encode()))
        fields.append((b"cache-status", _STATUS[result.cache]))
    return tuple(fields)
