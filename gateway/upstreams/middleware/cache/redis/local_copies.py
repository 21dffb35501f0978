"""What this process keeps of a shared store, so as not to ask it each time.

A copy is good for a few seconds, in which others' invalidations are heard of as well;
after that, the shared store is asked again. While that is away, copies are good for as
long as HTTP says.
"""

from collections.abc import Iterable
from math import inf
from typing import Final

from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

TRUSTED_S: Final = 5.0
_MAX_TRUSTED: Final = 100_000
_MAX_SHARED_BYTES: Final = 1024 * 1024
"""A larger body would hold up all that is asked after it."""
_CREDENTIALS: Final = frozenset({b"authorization", b"cookie", b"proxy-authorization"})


def is_shareable(stored: StoredResponse) -> bool:
    """Say whether `stored` may leave the process.

    What varies by credentials does not: they would be written down with it.
    """
    return len(stored.body) <= _MAX_SHARED_BYTES and not any(
        name in _CREDENTIALS for name, _ in stored.selection
    )


class LocalCopies:
    """A memory store, and until when each of its keys is trusted (monotonic)."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self._trusted_until: dict[CacheKey, float] = {}

    async def trusted(
        self, *keys: CacheKey, now_s: float
    ) -> tuple[StoredResponse, ...] | None:
        """Return the copies of `keys`, or None if the shared store has to be asked."""
        known = [key for key in keys if self._trusted_until.get(key, -inf) >= now_s]
        return await self.store.get(*known) or None

    async def take_over(
        self, key: CacheKey, shared: Iterable[StoredResponse], now_s: float
    ) -> tuple[StoredResponse, ...]:
        """Have of `key` what the shared store has, and what cannot be shared."""
        before = await self.store.get(key)
        after = (*(one for one in before if not is_shareable(one)), *shared)
        if after == before:
            # Equal, but with instants that no wall clock has touched.
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
        """Believe the copies of `key` for a while."""
        trusted = self._trusted_until
        trusted.pop(key, None)
        # In order of insertion, which is that of the instants.
        while trusted:
            first, until_s = next(iter(trusted.items()))
            if until_s >= now_s and len(trusted) < _MAX_TRUSTED:
                break
            del trusted[first]
        trusted[key] = now_s + TRUSTED_S

    def trust_nothing(self) -> None:
        """Forget what is trusted: what others forgot may not have been heard."""
        self._trusted_until.clear()
