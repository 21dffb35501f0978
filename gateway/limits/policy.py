"""The policy of a rate limit: a number of requests, a time, and a key."""

from dataclasses import dataclass
from typing import Final

from weir.gateway.limits.key import LimitKey

EVERYBODY: Final = LimitKey()


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit of `count` requests per `window_s` seconds for each value of `key`.

    `burst` is the number of requests that may come at once after a pause. In any time
    of t seconds, at most `burst + count * t / window_s` requests pass. `scope` is the
    façade or route that the limit belongs to, or "" for a limit of all together.
    """

    name: str
    count: int
    window_s: float
    burst: int
    key: LimitKey = EVERYBODY
    scope: str = ""

    @property
    def interval_s(self) -> float:
        """The time in which one request becomes allowed again."""
        return self.window_s / self.count
