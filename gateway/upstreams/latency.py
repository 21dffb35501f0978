"""A moving average of an instance's latency that fears peaks.

Peak EWMA, as in Finagle: a sample above the average replaces it at once, samples below
pull it down over `DECAY_S`. So one slow answer moves traffic away, and only lasting
quickness brings it back. With time alone it decays, too: an instance that nobody
asks any more must be given a chance to have recovered.
"""

from math import exp
from typing import Final

DECAY_S: Final = 10.0


class PeakEwma:
    """Seconds; 0 until something has been observed."""

    __slots__ = ("_at_s", "_value_s")

    def __init__(self) -> None:
        self._value_s = 0.0
        self._at_s = 0.0

    def observe(self, sample_s: float, now_s: float) -> None:
        if sample_s >= self._value_s:
            self._value_s = sample_s
        else:
            kept = self._kept(now_s)
            self._value_s = self._value_s * kept + sample_s * (1.0 - kept)
        self._at_s = now_s

    def value_s(self, now_s: float) -> float:
        return self._value_s * self._kept(now_s)

    def _kept(self, now_s: float) -> float:
        return exp((self._at_s - now_s) / DECAY_S)
