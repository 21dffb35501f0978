"""The limits of one route, and their buckets from one generation to the next."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from weir.gateway.limits.bucket import Decision
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import Caller
from weir.gateway.limits.policy import RateLimit

LimitBuckets: TypeAlias = Mapping[RateLimit, Buckets]


def limit_buckets(
    limits: Iterable[RateLimit], previous: LimitBuckets
) -> dict[RateLimit, Buckets]:
    """Return the buckets of each limit: those of `previous` if it has the same limit.

    A limit whose values have changed starts with full buckets.
    """
    return {limit: previous.get(limit) or Buckets(limit) for limit in limits}


class RateLimiter:
    """Several limits at once: all of them have to allow a request."""

    __slots__ = ("_buckets", "limits")

    def __init__(self, buckets: Iterable[Buckets]) -> None:
        self._buckets = tuple(buckets)
        self.limits = tuple(each.limit for each in self._buckets)

    def take(self, caller: Caller, now_s: float) -> None:
        """Take a token of each limit; raise RateLimited, and then takes none.

        The error names the limit that the caller has to wait for the longest.
        """
        taken: list[tuple[Buckets, bytes]] = []
        rejected: list[tuple[float, int]] = []
        for index, buckets in enumerate(self._buckets):
            key = buckets.limit.key.digest(caller)
            decision = buckets.take(key, now_s)
            if decision.allowed:
                taken.append((buckets, key))
            else:
                rejected.append((decision.retry_after_s, index))
        if not rejected:
            return
        for buckets, key in taken:
            buckets.refund(key)
        retry_after_s, index = max(rejected)
        raise RateLimited(self.limits[index], retry_after_s)

    def peek(self, caller: Caller, now_s: float) -> list[Decision]:
        """Return the state of each limit for a caller."""
        return [
            each.peek(each.limit.key.digest(caller), now_s) for each in self._buckets
        ]
