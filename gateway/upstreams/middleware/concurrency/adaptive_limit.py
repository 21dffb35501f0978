"""A concurrency limit that adapts to the latency of an upstream.

The right limit changes with the state of a service. Calls that wait in a queue of the
service take longer than others. So the limit follows the gradient of the latency
(Envoy's gradient controller):

    gradient = (1 + BUFFER) * latency without a queue / recent latency
    limit   <- limit * gradient + headroom

The headroom is the square root of the limit, and lets the limit grow while the gradient
is 1. The latency without a queue cannot be measured while there is a queue: a long
average would follow the queue upwards. So the limit is periodically lowered to `LEAST`
for a few calls, whose latency is measured. The limit does not change while less than
half of it is used.
"""

from math import sqrt
from typing import Final

LEAST: Final = 4
_BUFFER: Final = 0.25
_GRADIENTS: Final = (0.5, 1.25)
_SMOOTHING: Final = 0.1
_PROBE_CALLS: Final = 30
_CALLS_BETWEEN_PROBES: Final = 5000


class AdaptiveLimit:
    """A limit between `LEAST` and a maximum, by the latencies of calls."""

    __slots__ = (
        "_ceiling",
        "_limit",
        "_probed",
        "_probed_s",
        "_recent_s",
        "_unloaded_s",
        "_until_probe",
    )

    def __init__(self, ceiling: int) -> None:
        self._ceiling = float(ceiling)
        self._limit = min(self._ceiling, 5.0 * LEAST)
        self._unloaded_s = self._recent_s = 0.0
        self._begin_probe()

    @property
    def limit(self) -> int:
        """The maximum number of calls in flight."""
        return int(self._limit) if self._until_probe else int(self._least)

    @property
    def _least(self) -> float:
        return min(float(LEAST), self._ceiling)

    def observe(self, took_s: float, in_flight: int) -> None:
        """Record the latency of a call, and the calls in flight at its end."""
        if not self._until_probe:
            self._probe(took_s, in_flight)
            return
        self._until_probe -= 1
        self._recent_s += _SMOOTHING * (took_s - self._recent_s)
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
            return  # the call began before the probe, and may have waited
        self._probed += 1
        self._probed_s += took_s
        if self._probed == _PROBE_CALLS:
            self._unloaded_s = self._recent_s = self._probed_s / self._probed
            self._until_probe = _CALLS_BETWEEN_PROBES

    def _move(self) -> None:
        low, high = _GRADIENTS
        gradient = high
        if self._recent_s:
            gradient = (1.0 + _BUFFER) * self._unloaded_s / self._recent_s
        aim = self._limit * max(low, min(high, gradient)) + sqrt(self._limit)
        # The step is divided by the limit: there are that many calls per round trip.
        moved = self._limit + (aim - self._limit) / self._limit
        self._limit = max(self._least, min(self._ceiling, moved))
