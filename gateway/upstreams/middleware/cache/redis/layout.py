"""The parts of Redis keys and members (see `scripts` for the layout)."""

from hashlib import blake2b
from math import ceil
from typing import Final

from weir.gateway.upstreams.middleware.cache.invalidation import (
    Invalidation,
    PathInvalidation,
)
from weir.gateway.upstreams.middleware.cache.reuse import conditions
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import (
    CacheKey,
    StoredResponse,
    VarySelection,
)

_KEY_BYTES: Final = 24
_SELECTION_BYTES: Final = 12
_STORED_FOR_VALIDATION_S: Final = 3600
"""The time for which a stale response with a validator is stored."""
_LONGEST_S: Final = 7 * 24 * 3600


def key_digest(key: CacheKey) -> str:
    """Return a unique name of `key`, which does not reveal the request."""
    digest = blake2b(digest_size=_KEY_BYTES)
    parts = (key.upstream, key.partition, key.method, key.path)
    for part in (*map(_bytes, parts), key.identity):
        digest.update(b"%d:%b" % (len(part), part))
    return digest.hexdigest()


def member_prefix(key: CacheKey) -> bytes:
    """Return the common prefix of the members of all variants of `key`."""
    path = _bytes(key.path)
    return b"%b %b %b" % (path, key.method.encode(), key_digest(key).encode())


def selection_digest(selection: VarySelection) -> str:
    """Return the name of a variant, unique for its key."""
    return blake2b(repr(selection).encode(), digest_size=_SELECTION_BYTES).hexdigest()


def joined_tags(stored: StoredResponse) -> bytes:
    """Return the tags, separated by newlines, which header fields cannot contain."""
    return b"\n".join(sorted(map(_bytes, stored.tags)))


def invalidated_prefix(invalidation: Invalidation) -> bytes:
    """Return the common prefix of the members that an invalidation affects."""
    match invalidation:
        case PathInvalidation(path=path, only_get=only_get):
            return _bytes(path) + (b" GET " if only_get else b" ")
        case CacheKey():
            return member_prefix(invalidation) + b" "
        case Purge(path_prefix=path_prefix):
            return _bytes(path_prefix)


def time_to_live_s(stored: StoredResponse, now_s: float) -> int:
    """Return the seconds for which `stored` may be used, from `now_s` (monotonic)."""
    stale_s = max(
        stored.stale_while_revalidate_s,
        stored.stale_if_error_s,
        stored.fallback_stale_s,
    )
    if conditions(stored):
        stale_s = max(stale_s, _STORED_FOR_VALIDATION_S)
    return ceil(min(max(stored.fresh_for_s(now_s) + stale_s, 0.0), _LONGEST_S))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
