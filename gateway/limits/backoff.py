"""The back-off of clients that a limit refuses much more often than it lets pass.

Refusals beyond twice the rate of the limit are counted in a bucket of their own, which
holds a hundred of them. So a client with up to three times its limit never has a
back-off. Once the bucket is empty, nothing of the client passes for a second, and for
twice as long each further time, up to `max_backoff_s` of the limit. After ten times as
long without another back-off, the next one is a second again.

No I/O: the time is an argument.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.room import make_room

MAX_KEYS: Final = 10_000
"""Back-offs and counts of refusals for each limit. The shortest are dropped first."""
_FIRST_S: Final = 1.0
_REFUSALS_PER_TOKEN: Final = 2
_LEAST_REFUSALS: Final = 100
_FORGOTTEN_AFTER: Final = 10.0


class Pause(Struct, frozen=True, gc=False):
    """A back-off of a key: its length and its end."""

    length_s: float
    until_s: float

    def matters_s(self, now_s: float) -> float:
        """Return the time until it is forgotten."""
        return self.until_s + _FORGOTTEN_AFTER * self.length_s - now_s


class Backoff:
    """The back-offs of one limit by key."""

    __slots__ = ("_max_keys", "_refusals", "limit", "pauses")

    def __init__(self, limit: RateLimit, max_keys: int = MAX_KEYS) -> None:
        refusals = RateLimit(
            name=limit.name,
            count=_REFUSALS_PER_TOKEN * limit.count,
            window_s=limit.window_s,
            burst=max(_LEAST_REFUSALS, limit.burst),
        )
        self.limit = limit
        self._max_keys = max_keys
        self._refusals = Buckets(refusals, max_keys)
        # In the order of their beginnings, but for those that `make_room` compared.
        self.pauses: OrderedDict[bytes, Pause] = OrderedDict()

    def left_s(self, key: bytes, now_s: float) -> float:
        """Return the rest of the back-off of a key, or 0."""
        pause = self.pauses.get(key)
        return 0.0 if pause is None else max(0.0, pause.until_s - now_s)

    def refused(self, key: bytes, now_s: float) -> float:
        """Count a refusal; return the length of the back-off that begins, or 0."""
        if self._refusals.take(key, now_s).allowed:
            return 0.0
        before = self.pauses.pop(key, None)
        length_s = _FIRST_S
        if before is not None and before.matters_s(now_s) >= 0:
            length_s = 2 * before.length_s
        length_s = min(length_s, self.limit.max_backoff_s)
        make_room(self.pauses, self._max_keys, lambda each: each.matters_s(now_s))
        self.pauses[key] = Pause(length_s, now_s + length_s)
        return length_s


class Backoffs:
    """The back-offs of several limits."""

    __slots__ = ("_each",)

    def __init__(self, backoffs: Iterable[Backoff]) -> None:
        self._each = tuple(backoffs)

    def check(self, caller: Caller, now_s: float) -> None:
        """Raise RateLimited for a caller with a back-off."""
        for backoff in self._each:
            if backoff.pauses:
                limit = backoff.limit
                left_s = backoff.left_s(limit.key.digest(caller), now_s)
                if left_s:
                    raise RateLimited(limit, left_s, backoff="lasts")

    def refused(self, error: RateLimited, caller: Caller, now_s: float) -> RateLimited:
        """Count a refusal outside of a back-off; return the error if one begins."""
        if error.backs_off:
            return error
        for backoff in self._each:
            if backoff.limit == error.limit:
                length_s = backoff.refused(error.limit.key.digest(caller), now_s)
                if length_s:
                    return RateLimited(error.limit, length_s, backoff="begins")
        return error
