"""The limiter of a process: the buckets of all limits, across generations."""

from collections.abc import Iterable, Sequence

from weir.gateway.limits.bucket import Decision
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import Caller
from weir.gateway.limits.policy import RateLimit


class RateLimiter:
    """Decides on requests by several limits at once: all of them have to allow one."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[RateLimit, Buckets] = {}

    def retain(self, limits: Iterable[RateLimit]) -> None:
        """Forget the state of all other limits; one whose values changed is another."""
        kept = frozenset(limits)
        self._buckets = {
            limit: buckets for limit, buckets in self._buckets.items() if limit in kept
        }

    def take(self, limits: Sequence[RateLimit], caller: Caller, now_s: float) -> None:
        """Take a token of each limit; raises RateLimited, and then takes none.

        The error names the limit that the caller has to wait for the longest.
        """
        keys = [limit.key.digest(caller) for limit in limits]
        taken: list[tuple[Buckets, bytes]] = []
        refused: list[tuple[float, int]] = []
        for index, limit in enumerate(limits):
            buckets = self._of(limit)
            decision = buckets.take(keys[index], now_s)
            if decision.allowed:
                taken.append((buckets, keys[index]))
            else:
                refused.append((decision.retry_after_s, index))
        if not refused:
            return
        for buckets, key in taken:
            buckets.refund(key)
        retry_after_s, index = max(refused)
        raise RateLimited(limits[index], retry_after_s)

    def peek(
        self, limits: Sequence[RateLimit], caller: Caller, now_s: float
    ) -> list[Decision]:
        """Return the state of each limit for a caller."""
        return [
            self._of(limit).peek(limit.key.digest(caller), now_s) for limit in limits
        ]

    def _of(self, limit: RateLimit) -> Buckets:
        buckets = self._buckets.get(limit)
        if buckets is None:
            buckets = self._buckets[limit] = Buckets(limit)
        return buckets
