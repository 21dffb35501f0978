"""Where answers lie in Redis: the parts of keys and members (see redis_scripts)."""

from hashlib import blake2b
from math import ceil
from typing import Final

from weir.gateway.upstreams.middleware.cache.invalidation import (
    Forgetting,
    Invalidation,
)
from weir.gateway.upstreams.middleware.cache.reuse import conditions
from weir.gateway.upstreams.middleware.cache.stored import (
    CacheKey,
    StoredResponse,
    VarySelection,
)

_KEY_BYTES: Final = 24
_SELECTION_BYTES: Final = 12
_KEPT_FOR_VALIDATION_S: Final = 3600
"""A stale answer with a validator is worth a 304 for this long."""
_LONGEST_S: Final = 7 * 24 * 3600


def key_digest(key: CacheKey) -> str:
    """Return a name that no two keys share; nothing of the request can be read off."""
    digest = blake2b(digest_size=_KEY_BYTES)
    parts = (key.upstream, key.partition, key.method, key.path)
    for part in (*map(_bytes, parts), key.identity):
        digest.update(b"%d:%b" % (len(part), part))
    return digest.hexdigest()


def place(key: CacheKey) -> bytes:
    """Return what the members of all variants of `key` begin with."""
    path = _bytes(key.path)
    return b"%b %b %b" % (path, key.method.encode(), key_digest(key).encode())


def selection_digest(selection: VarySelection) -> str:
    """Return the name of a variant among those of its key."""
    return blake2b(repr(selection).encode(), digest_size=_SELECTION_BYTES).hexdigest()


def joined_tags(stored: StoredResponse) -> bytes:
    """Return the tags by newlines, which no header field holds."""
    return b"\n".join(sorted(map(_bytes, stored.tags)))


def beginning(forgetting: Forgetting) -> bytes:
    """Return what the members of all that is to be forgotten begin with."""
    if isinstance(forgetting, Invalidation):
        return _bytes(forgetting.path) + b" GET "
    return _bytes(forgetting.path_prefix)


def time_to_live_s(stored: StoredResponse, now_s: float) -> int:
    """Return for how long `stored` may be of use, from `now_s` (monotonic)."""
    stale_s = max(
        stored.stale_while_revalidate_s,
        stored.stale_if_error_s,
        stored.fallback_stale_s,
    )
    if conditions(stored):
        stale_s = max(stale_s, _KEPT_FOR_VALIDATION_S)
    return ceil(min(max(stored.fresh_for_s(now_s) + stale_s, 0.0), _LONGEST_S))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
