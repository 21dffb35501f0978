"""How many calls may be repeats: a limit against retry storms.

A service in trouble gets more work from every caller that retries, just when it can
take less. The budget bounds this for all callers together: each call earns `share`
of a token, each repeat costs one, and `floor_per_s` tokens come by themselves, so
that a quiet upstream can be retried, too. What is saved is bounded by
`SAVED_FOR_S` seconds' worth of the floor: enough for all calls that a dying instance
drops at once. (Finagle's RetryBudget has the same shape and window.)
"""

from typing import Final

SAVED_FOR_S: Final = 10.0


class RetryBudget:
    """A token bucket; not called where the request never left."""

    __slots__ = ("_at_s", "_capacity", "_floor_per_s", "_share", "_tokens")

    def __init__(self, share: float, floor_per_s: float, now_s: float) -> None:
        self._share = share
        self._floor_per_s = floor_per_s
        self._capacity = max(1.0, floor_per_s * SAVED_FOR_S)
        self._tokens = self._capacity
        self._at_s = now_s

    def call_started(self) -> None:
        """Earn a call's share."""
        self._tokens = min(self._capacity, self._tokens + self._share)

    def take(self, now_s: float) -> bool:
        """Say whether a call may be repeated at `now_s`, and charge it if so."""
        earned = (now_s - self._at_s) * self._floor_per_s
        self._at_s = now_s
        self._tokens = min(self._capacity, self._tokens + earned)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
