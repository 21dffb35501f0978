import threading
import time
from collections.abc import Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from tests.support import events
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from weir.gateway.telemetry.otel.environment import QueueLimits
from weir.gateway.telemetry.traces.export import SpanQueue
from weir.gateway.telemetry.traces.sink import Chosen
from weir.gateway.telemetry.traces.spans import SpanFactory

SPAN = SpanFactory(Resource({}), FakeClock()).span(
    Chosen(events.FETCH, incomplete=False)
)


class StuckExporter(SpanExporter):
    """A collector that accepts nothing before it is `released`."""

    def __init__(self, result: SpanExportResult = SpanExportResult.SUCCESS) -> None:
        self.released = threading.Event()
        self._result = result

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        self.released.wait(10)
        return self._result


def queue(exporter: SpanExporter) -> SpanQueue:
    return SpanQueue(exporter, QueueLimits(spans=10, batch=5, delay_ms=1))


async def test_a_full_queue_drops_spans_and_counts_them() -> None:
    exporter = StuckExporter()
    spans = queue(exporter)
    for _ in range(30):
        spans.on_end(SPAN)
    await until(lambda: spans.taken == 5)
    for _ in range(30):
        spans.on_end(SPAN)
    exporter.released.set()
    await until(lambda: spans.exported == 15)

    assert spans.dropped == 45
    assert spans.failed == 0
    spans.shutdown()


async def test_spans_that_the_collector_rejects_are_counted() -> None:
    exporter = StuckExporter(SpanExportResult.FAILURE)
    exporter.released.set()
    spans = queue(exporter)
    spans.on_end(SPAN)
    await until(lambda: spans.failed == 1)

    assert spans.exported == 0
    spans.shutdown()


def test_a_stuck_collector_does_not_prevent_the_end() -> None:
    spans = queue(StuckExporter())
    for _ in range(10):
        spans.on_end(SPAN)
    began = time.monotonic()
    spans.shutdown()

    assert time.monotonic() - began < 5
