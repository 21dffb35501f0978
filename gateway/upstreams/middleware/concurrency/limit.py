"""How many calls an upstream may have in flight, and who waits for a place.

Without a limit an overloaded service slows down, calls pile up, each holding memory
and a connection here, and all of them end late. Little's law gives the way out: the
calls in flight are throughput times latency, so a bound on them bounds the latency.

What comes beyond the limit waits in order of arrival, in a queue that is bounded in
length. A call that could not be served before its deadline is refused on arrival,
while its caller can still do something else: the wait is foreseen from the queue's
length and the time between two calls that end. Before there was a queue, that time is
what a call takes, shared by as many as may be in flight.

Where each instance has a limit as well, those that may be asked have so many places
together: the upstream's limit then falls and rises with their number.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, TypeAlias

from weir.gateway.upstreams.middleware.concurrency.adaptive_limit import AdaptiveLimit

_SMOOTHING: Final = 0.1
"""Weight of the newest time, and gap between ends, in their averages."""


Slots: TypeAlias = Callable[[float], int]
"""Returns how many places the instances have together at this time."""


class Admission(Enum):
    """What becomes of a call that arrives."""

    GO = "go"
    WAIT = "wait"
    REFUSE = "refuse"


class ConcurrencyLimit:
    """Counts calls in flight and waiting; decides about those that arrive."""

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

    def arrive(self, now_s: float, deadline_s: float) -> Admission:
        """Count a call in, unless it is refused."""
        limit = self._limit(now_s) if self._slots else self._max_in_flight
        if self.in_flight < limit and not self.waiting:
            self.in_flight += 1
            return Admission.GO
        if self.waiting >= self._max_waiting:
            return Admission.REFUSE
        if now_s + self.foreseen_wait_s(now_s) >= deadline_s:
            return Admission.REFUSE
        self.waiting += 1
        return Admission.WAIT

    def foreseen_wait_s(self, now_s: float) -> float:
        """Seconds until a call that arrives could begin, as far as is known."""
        gap_s = self._gap_s or self._took_s / max(1, self._limit(now_s))
        return (self.waiting + 1) * gap_s

    def give_up(self) -> None:
        """A waiting call leaves the queue."""
        self.waiting -= 1

    def end(self, started_s: float | None, now_s: float) -> int:
        """A call in flight ended; return how many of those waiting may go.

        `started_s` is None where its time tells nothing of the upstream's latency.
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
