"""Local copies of the responses in a shared store.

A copy is trusted for a few seconds, in which invalidations of other processes are
received as well. After that, the shared store is queried again. While it is
unavailable, the copies are used for as long as HTTP allows.
"""

from collections.abc import Iterable
from math import inf
from typing import Final

from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

TRUSTED_S: Final = 5.0
_MAX_TRUSTED: Final = 100_000
_MAX_SHARED_BYTES: Final = 1024 * 1024
"""Larger bodies would delay all later commands."""
_CREDENTIALS: Final = frozenset({b"authorization", b"cookie", b"proxy-authorization"})


def is_shareable(stored: StoredResponse) -> bool:
    """Return whether `stored` may leave the process.

    A response that varies by credentials may not: they would be stored with it.
    """
    return len(stored.body) <= _MAX_SHARED_BYTES and not any(
        name in _CREDENTIALS for name, _ in stored.selection
    )


class LocalCopies:
    """A memory store, and the monotonic time until which each key is trusted."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self._trusted_until: dict[CacheKey, float] = {}

    async def trusted(
        self, *keys: CacheKey, now_s: float
    ) -> tuple[StoredResponse, ...] | None:
        """Return the copies of `keys`, or None if the shared store must be queried."""
        known = [key for key in keys if self._trusted_until.get(key, -inf) >= now_s]
        return await self.store.get(*known) or None

    async def update(
        self, key: CacheKey, shared: Iterable[StoredResponse], now_s: float
    ) -> tuple[StoredResponse, ...]:
        """Replace the copies of `key`, except those that are not shareable."""
        before = await self.store.get(key)
        after = (*(one for one in before if not is_shareable(one)), *shared)
        if after == before:
            # The copies are equal, but their times are not derived from a wall clock.
            after = before
        else:
            if before:
                await self.store.remove(key)
            for stored in after:
                await self.store.put(key, stored)
        if after:
            self.trust(key, now_s)
        return after

    def trust(self, key: CacheKey, now_s: float) -> None:
        """Trust the copies of `key` for `TRUSTED_S`."""
        trusted = self._trusted_until
        trusted.pop(key, None)
        # The order of insertion is that of the times.
        while trusted:
            first, until_s = next(iter(trusted.items()))
            if until_s >= now_s and len(trusted) < _MAX_TRUSTED:
                break
            del trusted[first]
        trusted[key] = now_s + TRUSTED_S

    def clear_trust(self) -> None:
        """Trust no copy, as invalidations may have been missed."""
        self._trusted_until.clear()
