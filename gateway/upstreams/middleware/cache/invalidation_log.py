"""The log of recent invalidations, for responses that are still on their way.

A service may produce a response before a write, and the response may arrive after the
write's invalidation. If it was stored, an outdated response would be served for its
whole lifetime.
"""

from collections import deque
from itertools import islice
from typing import Final

from weir.gateway.upstreams.middleware.cache.invalidation import (
    Invalidation,
    PathInvalidation,
)
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

_MAX_RECENT: Final = 1024
"""The length of the log; a response from before its first entry is not stored."""


class InvalidationLog:
    """The recent invalidations; `sequence` is the number of the last one."""

    def __init__(self) -> None:
        self.sequence = 0
        self._recent: deque[Invalidation] = deque(maxlen=_MAX_RECENT)

    def add(self, invalidation: Invalidation) -> None:
        self.sequence += 1
        self._recent.append(invalidation)

    def affects(self, key: CacheKey, stored: StoredResponse, since: int) -> bool:
        """Return whether an invalidation after the number `since` affects `stored`."""
        newer = self.sequence - since
        if newer > len(self._recent):
            return True
        return any(
            _matches(invalidation, key, stored)
            for invalidation in islice(reversed(self._recent), newer)
        )


def _matches(invalidation: Invalidation, key: CacheKey, stored: StoredResponse) -> bool:
    match invalidation:
        case Purge():
            return invalidation.matches(key, stored)
        case PathInvalidation():
            return invalidation.matches(key)
        case CacheKey():
            return invalidation == key
