"""The concurrency limit of an upstream, and its queue of waiting calls.

Without a limit, calls to an overloaded service accumulate. Each holds memory and a
connection, and all of them end late. By Little's law the number of calls in flight is
throughput times latency, so a limit on that number limits the latency.

Calls above the limit wait in order of arrival, in a bounded queue. A call that would
not be admitted before its deadline is rejected at once. The expected wait is the length
of the queue times the interval between the ends of calls. Before the first queue, this
interval is estimated as the duration of a call divided by the limit.

If each instance has a limit as well, the limit of the upstream is at most their sum.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from weir.gateway.upstreams.middleware.concurrency.adaptive_limit import AdaptiveLimit

_SMOOTHING: Final = 0.1
"""The weight of the latest sample in the averages."""


Slots: TypeAlias = Callable[[float], int]
"""A function of the time that returns the slots of all instances."""


class ConcurrencyLimit:
    """The counts of calls in flight and waiting, and the decision about new ones."""

    __slots__ = (
        "_adaptive",
        "_ended_s",
        "_gap_s",
        "_max_in_flight",
        "_max_waiting",
        "_slots",
        "_took_s",
        "in_flight",
        "waiting",
    )

    def __init__(
        self,
        max_in_flight: int,
        max_waiting: int,
        adaptive: AdaptiveLimit | None = None,
        slots: Slots | None = None,
    ) -> None:
        self._slots = slots
        self._adaptive = adaptive
        self._max_in_flight = adaptive.limit if adaptive else max_in_flight
        self._max_waiting = max_waiting
        self._took_s = 0.0
        self._gap_s = 0.0
        self._ended_s: float | None = None
        self.in_flight = 0
        self.waiting = 0

    def begin(self, now_s: float) -> bool:
        """Count a call that gets a slot at once; return whether there is one."""
        limit = self._limit(now_s) if self._slots else self._max_in_flight
        if self.in_flight >= limit or self.waiting:
            return False
        self.in_flight += 1
        return True

    def queue_up(self, now_s: float, deadline_s: float) -> bool:
        """Count a call that waits for a slot; return False if it is rejected."""
        if self.waiting >= self._max_waiting:
            return False
        if now_s + self.expected_wait_s(now_s) >= deadline_s:
            return False
        self.waiting += 1
        return True

    def expected_wait_s(self, now_s: float) -> float:
        """Return the estimated time in seconds until a new call could begin."""
        gap_s = self._gap_s or self._took_s / max(1, self._limit(now_s))
        return (self.waiting + 1) * gap_s

    def give_up(self) -> None:
        """Count a call that leaves the queue without a slot."""
        self.waiting -= 1

    def end(self, started_s: float | None, now_s: float) -> int:
        """Count the end of a call; return how many waiting calls get a slot.

        Without `started_s`, the duration does not count as a latency.
        """
        limit = self._limit(now_s) if self._slots else self._max_in_flight
        if started_s is not None:
            took_s = now_s - started_s
            known_s = self._took_s or took_s
            self._took_s = known_s + _SMOOTHING * (took_s - known_s)
        busy = self.in_flight >= limit
        if busy and self._ended_s is not None:
            gap_s = now_s - self._ended_s
            known_s = self._gap_s or self._took_s / max(1, limit)
            self._gap_s = known_s + _SMOOTHING * (gap_s - known_s)
        self._ended_s = now_s if busy else None
        if self._adaptive is not None and started_s is not None:
            self._adaptive.observe(now_s - started_s, self.in_flight)
            self._max_in_flight = self._adaptive.limit
        self.in_flight -= 1
        if not self.waiting:
            return 0
        going = max(0, min(self.waiting, self._limit(now_s) - self.in_flight))
        self.waiting -= going
        self.in_flight += going
        return going

    def _limit(self, now_s: float) -> int:
        if self._slots is None:
            return self._max_in_flight
        return min(self._max_in_flight, self._slots(now_s))
