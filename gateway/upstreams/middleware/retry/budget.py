"""The retry budget, which prevents retry storms.

Retries add load to a service that already fails. The budget limits the retries of all
callers together. Each call adds `share` of a token, and each retry takes one token.
Another `FLOOR_PER_S` tokens are added per second, so that calls can also be retried
while there are few. The tokens are limited to those of `SAVED_FOR_S` seconds at
`FLOOR_PER_S`, which is enough for all calls that a failing instance drops at once.
(Finagle's RetryBudget has the same form and window.)
"""

from typing import Final

FLOOR_PER_S: Final = 10.0
SAVED_FOR_S: Final = 10.0
_CAPACITY: Final = FLOOR_PER_S * SAVED_FOR_S


class RetryBudget:
    """A token bucket. Retries of requests that were never sent do not use it."""

    __slots__ = ("_at_s", "_share", "_tokens")

    def __init__(self, share: float, now_s: float) -> None:
        self._share = share
        self._tokens = _CAPACITY
        self._at_s = now_s

    def call_started(self) -> None:
        """Add the share of one call."""
        self._tokens = min(_CAPACITY, self._tokens + self._share)

    def take(self, now_s: float) -> bool:
        """Take the token of a retry; return whether there was one."""
        earned = (now_s - self._at_s) * FLOOR_PER_S
        self._at_s = now_s
        self._tokens = min(_CAPACITY, self._tokens + earned)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
