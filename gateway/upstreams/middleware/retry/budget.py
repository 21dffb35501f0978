"""The retry budget, which prevents retry storms.

Retries add load to a service that already fails. The budget limits the retries of all
callers together. Each call adds `share` of a token, and each retry takes one token.
Another `floor_per_s` tokens are added per second, so that calls can also be retried
while there are few. The tokens are limited to those of `SAVED_FOR_S` seconds at
`floor_per_s`, which is enough for all calls that a failing instance drops at once.
(Finagle's RetryBudget has the same form and window.)
"""

from typing import Final

SAVED_FOR_S: Final = 10.0


class RetryBudget:
    """A token bucket. Retries of requests that were never sent do not use it."""

    __slots__ = ("_at_s", "_capacity", "_floor_per_s", "_share", "_tokens")

    def __init__(self, share: float, floor_per_s: float, now_s: float) -> None:
        self._share = share
        self._floor_per_s = floor_per_s
        self._capacity = max(1.0, floor_per_s * SAVED_FOR_S)
        self._tokens = self._capacity
        self._at_s = now_s

    def call_started(self) -> None:
        """Add the share of one call."""
        self._tokens = min(self._capacity, self._tokens + self._share)

    def take(self, now_s: float) -> bool:
        """Take the token of a retry; return whether there was one."""
        earned = (now_s - self._at_s) * self._floor_per_s
        self._at_s = now_s
        self._tokens = min(self._capacity, self._tokens + earned)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
