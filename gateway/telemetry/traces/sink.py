"""The choice of the events that become spans.

An event of a sampled trace waits for the background task that makes its span. Events of
other traces are discarded, or, where failed requests are always traced, retained until
their request has ended.
"""

from collections import deque
from typing import Final, NamedTuple, cast

from weir.gateway.events import Event, EventReceiver, RequestFinished
from weir.gateway.telemetry.traces.conventions import SPANS, SpanEvent, request_error
from weir.gateway.trace_parent import SAMPLED_FLAGS

_MAX_WAITING: Final = 10_000
_MAX_KEPT: Final = 10_000
_MAX_KEPT_OF_A_REQUEST: Final = 200


class Chosen(NamedTuple):
    """An event to export.

    It is `incomplete` if its trace is not sampled, so that the services have not
    recorded their spans.
    """

    event: SpanEvent
    incomplete: bool


class TraceSink:
    """A sink that collects the events to export, used by the event loop only."""

    def __init__(self, *, keeps_failed: bool) -> None:
        self.waiting: deque[Chosen] = deque()
        self.dropped = 0
        self._unsampled = UnsampledEvents() if keeps_failed else None

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        return self.emit if event_type in SPANS else None

    def emit(self, event: Event) -> None:
        spanned = cast("SpanEvent", event)
        trace = spanned.trace
        if trace is None:
            return
        # The flags themselves: a property would be a call for each event.
        if trace.flags in SAMPLED_FLAGS:
            self._choose(Chosen(spanned, incomplete=False))
        elif self._unsampled is not None:
            for each in self._unsampled.of_failed_request(trace.parent_id, spanned):
                self._choose(Chosen(each, incomplete=True))

    def _choose(self, chosen: Chosen) -> None:
        if len(self.waiting) < _MAX_WAITING:
            self.waiting.append(chosen)
        else:
            self.dropped += 1


class UnsampledEvents:
    """The events of requests that have not ended, by the span of the request.

    Their number is bounded. The oldest requests give way: among them are those whose
    last events came after their end.
    """

    def __init__(self) -> None:
        self._by_request: dict[str, list[SpanEvent]] = {}
        self._count = 0

    def of_failed_request(self, request: str, event: SpanEvent) -> list[SpanEvent]:
        """Add an event; return all events of the request if it has failed."""
        if not isinstance(event, RequestFinished):
            self._add(request, event)
            return []
        events = self._by_request.pop(request, [])
        self._count -= len(events)
        return [*events, event] if request_error(event) else []

    def _add(self, request: str, event: SpanEvent) -> None:
        events = self._by_request.setdefault(request, [])
        if len(events) < _MAX_KEPT_OF_A_REQUEST:
            events.append(event)
            self._count += 1
        while self._count > _MAX_KEPT:
            oldest = next(iter(self._by_request))
            self._count -= len(self._by_request.pop(oldest))
