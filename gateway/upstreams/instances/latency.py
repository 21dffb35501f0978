"""A moving average of an instance's latency, weighted by time.

A sample counts for as much as the time that it stands for: of many in one second each
counts little, so that a single slow answer of a busy instance says little against it;
one after a silence counts nearly alone. Bad news counts for at least `_ALARM`, so that
an instance that becomes slow is left within a few answers. With time alone the average
decays, too: an instance that nobody asks any more must be given a chance to have
recovered. (A peak that replaces the average at once, as in Finagle's peak EWMA, makes
every pause of a good instance send traffic back to a slow one.)
"""

from math import exp
from typing import Final

_WINDOW_S: Final = 0.3
_ALARM: Final = 0.25
DECAY_S: Final = 10.0


class LatencyAverage:
    """Seconds; 0 until something has been observed."""

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

    def value_s(self, now_s: float) -> float:
        return self._value_s * exp((self._at_s - now_s) / DECAY_S)
