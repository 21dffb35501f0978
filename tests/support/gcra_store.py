"""The script of shared rate limits, in Python and with the time as an argument."""

from math import floor

from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.shared.lease import Granted, Take


class GcraStore:
    """The bucket of one key, as the script in Redis has it."""

    def __init__(self) -> None:
        self._full_at_s = 0.0
        self.taken = 0.0
        """The tokens that were taken, less those that were given back."""

    def restart(self) -> None:
        """Lose everything, as a store without persistence does."""
        self._full_at_s = 0.0

    def take(self, take: Take, now_s: float, limit: RateLimit) -> Granted:
        """Take tokens at the rate of the process that calls."""
        interval_s, capacity_s = limit.interval_s, limit.capacity_s
        full_at_s = max(self._full_at_s, now_s) + take.charge_s
        full_at_s = max(min(full_at_s, now_s + capacity_s), now_s)
        left_s = now_s + capacity_s - full_at_s
        available = floor(left_s / interval_s + 1e-6)
        granted = min(available, take.wanted) if available >= take.needed else 0
        self.taken += granted + take.charge_s / interval_s
        self._full_at_s = full_at_s + granted * interval_s
        return Granted(granted, floor((self._full_at_s - now_s) * 1e6) / 1e6)
