"""A moving average of an instance's latency, weighted by time.

The weight of a sample depends on the time since the last one. Of many samples in one
second each has a small weight, so that a single slow response of a busy instance has
little effect. A sample after a long pause nearly replaces the average. A slower sample
has at least the weight `_ALARM`, so that an instance that becomes slow is avoided after
a few responses. The average also decays with time, so that an instance without calls is
tried again.

Finagle's peak EWMA, in which a peak replaces the average at once, is not used: each
pause of a fast instance would send traffic back to a slow one.
"""

from math import exp
from typing import Final

_WINDOW_S: Final = 0.3
_ALARM: Final = 0.25
DECAY_S: Final = 10.0


class LatencyAverage:
    """The average in seconds, 0 before the first sample."""

    __slots__ = ("_at_s", "_value_s")

    def __init__(self) -> None:
        self._value_s = 0.0
        self._at_s = 0.0

    def observe(self, sample_s: float, now_s: float) -> None:
        if not self._value_s:
            self._value_s = sample_s
        else:
            share = 1.0 - exp((self._at_s - now_s) / _WINDOW_S)
            if sample_s > self._value_s:
                share = max(share, _ALARM)
            self._value_s += (sample_s - self._value_s) * share
        self._at_s = now_s

    def recent_s(self, since_s: float) -> float | None:
        """Return the average without decay, or None without a sample since a time."""
        return self._value_s if self._at_s > since_s else None

    def value_s(self, now_s: float) -> float:
        return self._value_s * exp((self._at_s - now_s) / DECAY_S)
