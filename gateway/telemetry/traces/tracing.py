"""The traces of this process: from events to the collector.

event -> sink -> span -> queue -> exporter -> collector
"""

import asyncio
import logging
import os
from typing import Final

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import set_tracer_provider

from weir.gateway.clock import Clock
from weir.gateway.telemetry.otel.environment import queue_limits
from weir.gateway.telemetry.otel.resource import process_resource
from weir.gateway.telemetry.traces.encoding import TraceExporter
from weir.gateway.telemetry.traces.export import SpanQueue
from weir.gateway.telemetry.traces.policy import TracePolicy
from weir.gateway.telemetry.traces.resolver_spans import CurrentSpans
from weir.gateway.telemetry.traces.sink import TraceSink
from weir.gateway.telemetry.traces.spans import SCOPE, SpanFactory

_LOG: Final = logging.getLogger("weir.traces")
# Long enough that many requests share one turn of the task.
_TURN_S: Final = 0.05
# Spans that are made before requests continue.
_SPANS_AT_ONCE: Final = 50


class Tracing:
    """The sink of events, the task that makes their spans, and the queue."""

    def __init__(self, policy: TracePolicy, clock: Clock) -> None:
        resource = process_resource(os.environ)
        self.sink = TraceSink(keeps_failed=policy.errors == "always")
        self.current_spans = CurrentSpans()
        self._factory = SpanFactory(resource, clock)
        self._queue = SpanQueue(
            TraceExporter(SCOPE, policy.endpoint), queue_limits(os.environ)
        )
        self._working: asyncio.Task[None] | None = None
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(policy.sample)),
            resource=resource,
            # `close` has a time limit, and an exit handler has none.
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._queue)
        set_tracer_provider(provider)

    def counts(self) -> list[tuple[tuple[str], int]]:
        """Return the number of spans by outcome, for the metrics."""
        return [
            (("exported",), self._queue.exported),
            (("failed",), self._queue.failed),
            (("dropped",), self._queue.dropped + self.sink.dropped),
        ]

    def start(self) -> None:
        """Make the spans of events from now on."""
        self._working = asyncio.create_task(self._work(), name="traces")

    async def close(self) -> None:
        """Send what is left, for a second at most."""
        if self._working is not None:
            self._working.cancel()
        while self.sink.waiting:
            self._make_spans()
        await asyncio.to_thread(self._queue.shutdown)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(_TURN_S)
            while self.sink.waiting:
                self._make_spans()
                await asyncio.sleep(0)

    def _make_spans(self) -> None:
        self._factory.set_time()
        waiting = self.sink.waiting
        for _ in range(min(_SPANS_AT_ONCE, len(waiting))):
            chosen = waiting.popleft()
            try:
                span = self._factory.span(chosen)
            except Exception:  # noqa: BLE001 - the traces of others continue
                _LOG.exception("no span of %s", type(chosen.event).__name__)
                self.sink.dropped += 1
            else:
                self._queue.on_end(span)
