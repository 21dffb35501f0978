"""The queue of finished spans, and the thread that sends them to the collector.

`BatchSpanProcessor` sends batches from a thread of its own, so that a collector that is
slow or down delays no request. Its queue is bounded. A span that does not fit is
counted here before the processor would discard an older one.
"""

import threading
from collections.abc import Sequence
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)

from weir.gateway.telemetry.otel.environment import QueueLimits

_FLUSH_S: Final = 1.0


class SpanQueue(SpanProcessor):
    """The queue of spans to send, with the counts of those that were lost."""

    def __init__(self, exporter: SpanExporter, limits: QueueLimits) -> None:
        self._limit = limits.spans
        self._exporter = _CountedExporter(exporter)
        self._processor = BatchSpanProcessor(
            self._exporter,
            max_queue_size=limits.spans,
            schedule_delay_millis=limits.delay_ms,
            max_export_batch_size=limits.batch,
        )
        # Resolvers may end their spans in any thread.
        self._lock = threading.Lock()
        self._queued = 0
        self.dropped = 0

    @property
    def taken(self) -> int:
        """The number of spans that the exporter has taken from the queue."""
        return self._exporter.taken

    @property
    def exported(self) -> int:
        return self._exporter.exported

    @property
    def failed(self) -> int:
        return self._exporter.failed

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing: spans are sent when they have ended."""

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            if self._queued - self.taken >= self._limit:
                self.dropped += 1
                return
            self._queued += 1
        self._processor.on_end(span)

    def shutdown(self) -> None:
        """Send what is queued, for a second at most."""
        # The processor waits for the collector, also beyond its own time limit. Its
        # threads are daemons, so that the process ends without them.
        closing = threading.Thread(
            target=self._processor.shutdown, name="weir-traces-close", daemon=True
        )
        closing.start()
        closing.join(_FLUSH_S)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._processor.force_flush(timeout_millis)


class _CountedExporter(SpanExporter):
    """An exporter with the counts of its spans; only the processor's thread adds."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.taken = 0
        self.exported = 0
        self.failed = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.taken += len(spans)
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            if result is SpanExportResult.SUCCESS:
                self.exported += len(spans)
            else:
                self.failed += len(spans)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()
