"""The current span of OpenTelemetry around Python resolvers.

Everything else passes the trace explicitly. Libraries that resolvers use begin their
spans below the current one, which is a context variable.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from opentelemetry.context import attach, detach
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)

from weir.gateway.trace_parent import TraceParent


class CurrentSpans:
    """The current span of OpenTelemetry, set and read."""

    @contextmanager
    def current(self, trace: TraceParent, span_id: str) -> Generator[None]:
        """Make a span of a request the parent of the spans that begin meanwhile."""
        context = SpanContext(
            int(trace.trace_id, 16),
            int(span_id or trace.parent_id, 16),
            is_remote=False,
            trace_flags=TraceFlags(int(trace.flags, 16)),
        )
        token = attach(set_span_in_context(NonRecordingSpan(context)))
        try:
            yield
        finally:
            detach(token)

    def ids(self) -> Mapping[str, str]:
        """Return the ids of the current span, if there is one, for the log."""
        current = get_current_span().get_span_context()
        if not current.is_valid:
            return {}
        return {
            "trace_id": f"{current.trace_id:032x}",
            "span_id": f"{current.span_id:016x}",
        }

    def span_id(self, trace: TraceParent) -> str:
        """Return the current span of this trace, or "" if there is none."""
        current = get_current_span().get_span_context()
        if current.trace_id != int(trace.trace_id, 16):
            return ""
        return f"{current.span_id:016x}"
