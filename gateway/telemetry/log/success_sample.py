"""The log with the lines of a share of the successful requests."""

from random import Random
from typing import Final

from weir.gateway.events import Event, EventReceiver, EventSink, RequestFinished

SLOW_S: Final = 1.0
"""The duration from which a request has its line also if it succeeds."""
_CLIENT_ERROR: Final = 400


class SuccessSample:
    """A sink that passes on all events to `log`, of successful requests a `share`.

    The choice is not made by the trace, because clients may choose their own.
    """

    def __init__(self, log: EventSink, share: float, rng: Random) -> None:
        self._log = log
        self._share = share
        self._rng = rng

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        if event_type is RequestFinished:
            return self._sample
        return self._log.receiver(event_type)

    def emit(self, event: Event) -> None:
        if isinstance(event, RequestFinished):
            self._sample(event)
        else:
            self._log.emit(event)

    def _sample(self, event: RequestFinished) -> None:
        if not is_success(event) or self._rng.random() < self._share:
            self._log.emit(event)


def is_success(event: RequestFinished) -> bool:
    """Return whether a request has a complete response without an error, in time."""
    return (
        event.status < _CLIENT_ERROR
        and not event.error_code
        and not event.failures
        and not event.cut_off
        and event.ended_s - event.started_s < SLOW_S
    )
