"""Events as OpenTelemetry spans."""

from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    DEFAULT_TRACE_STATE,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
)

from weir import __version__
from weir.gateway.clock import Clock
from weir.gateway.events import (
    AttemptFinished,
    FallbackUsed,
    FetchFinished,
    OperationFinished,
    RequestFinished,
)
from weir.gateway.ids import IdSource, RandomIds
from weir.gateway.telemetry.traces.conventions import (
    SCHEMA_URL,
    SPANS,
    SpanEvent,
)
from weir.gateway.telemetry.traces.sink import Chosen

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_UNSET: Final = Status(StatusCode.UNSET)
_NS_PER_S: Final = 1_000_000_000
SCOPE: Final = InstrumentationScope("weir", __version__, SCHEMA_URL)
_INCOMPLETE: Final = "The request was not sampled, so that services recorded no spans."


class SpanFactory:
    """The factory of the spans of events; `resource` describes this process."""

    def __init__(
        self, resource: Resource, clock: Clock, ids: IdSource | None = None
    ) -> None:
        self._resource = resource
        self._clock = clock
        self._ids = ids or RandomIds()
        self._offset_s = 0.0

    def set_time(self) -> None:
        """Read the difference of the clocks again, as wall clocks are corrected.

        The spans of one call have the same, so that their durations are right.
        """
        self._offset_s = self._clock.epoch_s() - self._clock.monotonic_s()

    def span(self, chosen: Chosen) -> ReadableSpan:
        """Return the span of an event of a request."""
        event = chosen.event
        assert event.trace is not None, "the sink chooses events of traces"
        text = SPANS[type(event)](event)
        trace_id = int(event.trace.trace_id, 16)
        span_id, parent_id = self._places(event)
        started_s, ended_s = _times(event)
        attributes = text.attributes
        is_request = isinstance(event, RequestFinished)
        if is_request and chosen.incomplete:
            attributes = {**attributes, "weir.incomplete": _INCOMPLETE}
        return ReadableSpan(
            text.name,
            _context(trace_id, span_id, is_remote=False),
            _context(trace_id, parent_id, is_remote=is_request) if parent_id else None,
            self._resource,
            attributes,
            kind=text.kind,
            status=Status(StatusCode.ERROR, text.error) if text.error else _UNSET,
            start_time=self._epoch_ns(started_s),
            end_time=self._epoch_ns(ended_s),
            instrumentation_scope=SCOPE,
        )

    def _places(self, event: SpanEvent) -> tuple[str, str]:
        """Return the ids of the event's span and of its parent, or ""."""
        if isinstance(event, RequestFinished):
            return event.trace.parent_id, event.trace.client_span_id
        if isinstance(event, OperationFinished | FetchFinished | AttemptFinished):
            return event.span_id, event.parent_id
        return self._ids.span_id(), event.parent_id

    def _epoch_ns(self, monotonic_s: float) -> int:
        return int((monotonic_s + self._offset_s) * _NS_PER_S)


def _times(event: SpanEvent) -> tuple[float, float]:
    if isinstance(event, FallbackUsed):
        return event.at_s, event.at_s
    return event.started_s, event.ended_s


def _context(trace_id: int, span_id: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(
        trace_id, int(span_id, 16), is_remote, _SAMPLED, DEFAULT_TRACE_STATE
    )
