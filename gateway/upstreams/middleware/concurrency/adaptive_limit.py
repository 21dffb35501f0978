"""Finds how many calls an upstream can have in flight, by what they take.

A fixed limit is right for one state of a service and wrong for the next. But a queue
betrays itself: calls that wait for each other over there take longer than calls that do
not. So the limit follows the gradient of latency (Envoy's gradient controller):

    gradient = (1 + BUFFER) * latency without a queue / latency of late
    limit   <- limit * gradient + headroom

The headroom, the root of the limit, lets it grow while the gradient is 1. The latency
without a queue cannot be learnt from under one: an average of what is usual would
follow the queue upwards. So from time to time the limit is lowered to `LEAST` for a few
calls, and these are measured. An upstream that does not use its limit teaches nothing
about it: then it stays as it is.
"""

from math import sqrt
from typing import Final

LEAST: Final = 4
_BUFFER: Final = 0.25
_GRADIENTS: Final = (0.5, 1.25)
_OF_LATE: Final = 0.1
_PROBE_CALLS: Final = 30
_CALLS_BETWEEN_PROBES: Final = 5000


class AdaptiveLimit:
    """A limit between `LEAST` and a ceiling, told of each call that ended."""

    __slots__ = (
        "_ceiling",
        "_late_s",
        "_limit",
        "_probed",
        "_probed_s",
        "_quiet_s",
        "_until_probe",
    )

    def __init__(self, ceiling: int) -> None:
        self._ceiling = float(ceiling)
        self._limit = min(self._ceiling, 5.0 * LEAST)
        self._quiet_s = self._late_s = 0.0
        self._begin_probe()

    @property
    def limit(self) -> int:
        """The calls that may be in flight."""
        return int(self._limit) if self._until_probe else int(self._least)

    @property
    def _least(self) -> float:
        return min(float(LEAST), self._ceiling)

    def observe(self, took_s: float, in_flight: int) -> None:
        """A call took `took_s`, when so many were in flight."""
        if not self._until_probe:
            self._probe(took_s, in_flight)
            return
        self._until_probe -= 1
        self._late_s += _OF_LATE * (took_s - self._late_s)
        if not self._until_probe:
            self._begin_probe()
        elif in_flight * 2 >= self._limit:
            self._move()

    def _begin_probe(self) -> None:
        self._until_probe = 0
        self._probed = 0
        self._probed_s = 0.0

    def _probe(self, took_s: float, in_flight: int) -> None:
        if in_flight > self._least:
            return  # it began before the probe, and may have waited
        self._probed += 1
        self._probed_s += took_s
        if self._probed == _PROBE_CALLS:
            self._quiet_s = self._late_s = self._probed_s / self._probed
            self._until_probe = _CALLS_BETWEEN_PROBES

    def _move(self) -> None:
        low, high = _GRADIENTS
        gradient = high
        if self._late_s:
            gradient = (1.0 + _BUFFER) * self._quiet_s / self._late_s
        aim = self._limit * max(low, min(high, gradient)) + sqrt(self._limit)
        # A step per call would act many times on what one call has shown.
        moved = self._limit + (aim - self._limit) / self._limit
        self._limit = max(self._least, min(self._ceiling, moved))
