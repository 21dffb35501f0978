"""The panic of an upstream, in which too few of its instances are healthy.

Calls then also go to the other instances. The load of all would overload the few that
are healthy, and if all fail their checks, the checks may be wrong.
"""

from typing import Final

from weir.gateway.events import EventSink, PanicChanged

_HEALTHY_SHARE: Final = 0.3


def is_panic(healthy: int, instances: int) -> bool:
    """Return whether less than 30 percent of the instances are healthy."""
    return healthy < _HEALTHY_SHARE * instances


class PanicReporter:
    """The reporter of the beginning and the end of panics of one upstream."""

    __slots__ = ("_is_on", "_receive", "_upstream")

    def __init__(self, upstream: str, sink: EventSink, *, is_on: bool) -> None:
        self._upstream = upstream
        self._receive = sink.receiver(PanicChanged)
        self._is_on = is_on

    def update(self, healthy: int, instances: int, now_s: float) -> None:
        """Emit an event if a panic has begun or ended."""
        is_on = is_panic(healthy, instances)
        if is_on is self._is_on:
            return
        self._is_on = is_on
        if self._receive is not None:
            self._receive(
                PanicChanged(
                    upstream=self._upstream,
                    panic=is_on,
                    healthy=healthy,
                    instances=instances,
                    at_s=now_s,
                )
            )
