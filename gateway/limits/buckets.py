"""The buckets of one limit by key, in this process, bounded in number."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from weir.gateway.limits.bucket import Decision, Level, Use, decide, level, refunded
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.room import make_room

MAX_KEYS: Final = 100_000
"""About 30 MB. The keys that were used least are forgotten first."""


class Buckets:
    """The buckets by key; a full bucket is removed soon."""

    __slots__ = ("_full_at_s", "_lowered", "_max_keys", "limit")

    def __init__(self, limit: RateLimit, max_keys: int = MAX_KEYS) -> None:
        self.limit = self._lowered = limit
        self._max_keys = max_keys
        # In the order of their last use.
        self._full_at_s: OrderedDict[bytes, float] = OrderedDict()

    @property
    def keys(self) -> int:
        """The number of keys whose buckets are not known to be full."""
        return len(self._full_at_s)

    def peek(self, key: bytes, now_s: float) -> Level:
        """Return the state of a key."""
        return level(self._lowered, self._full_at_s.get(key), now_s)

    async def read(self, key: bytes, now_s: float) -> Use:
        """Return the use of a key, which no other process has."""
        left = self.peek(key, now_s)
        return Use(self._lowered.burst - left.remaining, left)

    def take(self, key: bytes, now_s: float, cost: int = 1) -> Decision:
        """Decide on a request, and take its tokens if it passes."""
        states = self._full_at_s
        full_at_s = states.get(key)
        if full_at_s is None:
            self._make_room(now_s)
        decision = decide(self._lowered, full_at_s, now_s, cost)
        states[key] = decision.full_at_s
        states.move_to_end(key)
        return decision

    def _make_room(self, now_s: float) -> None:
        make_room(self._full_at_s, self._max_keys, lambda at_s: at_s - now_s)

    def refund(self, key: bytes, cost: int = 1) -> None:
        """Give the tokens of a request back that `take` took them for."""
        full_at_s = self._full_at_s.get(key)
        if full_at_s is not None:
            self._full_at_s[key] = refunded(self.limit, full_at_s, cost)

    def lower(self, limit: RateLimit) -> None:
        """Decide by a lower rate and burst than those of `limit` from now on.

        Tokens that are given back have the value that they have at the whole rate.
        """
        self._lowered = limit

    def states(self, now_s: float) -> dict[bytes, float]:
        """Return the time at which each bucket is full, of those that are not."""
        return {key: at_s for key, at_s in self._full_at_s.items() if at_s > now_s}

    def restore(self, states: Mapping[bytes, float], now_s: float) -> None:
        """Take over states that `states` returned in another process.

        A clock that was wrong then may have moved; no bucket lacks more than it holds.
        """
        latest_s = now_s + self.limit.capacity_s
        for key, full_at_s in states.items():
            self._full_at_s[key] = min(full_at_s, latest_s)
