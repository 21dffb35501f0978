from collections.abc import Sequence

import pytest
from msgspec import structs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import ServiceFailure
from weir.gateway.telemetry.traces.conventions import SpanEvent
from weir.gateway.telemetry.traces.encoding import TraceExporter, encoded
from weir.gateway.telemetry.traces.sink import Chosen
from weir.gateway.telemetry.traces.spans import SCOPE, SpanFactory
from weir.gateway.trace_parent import TraceParent

TRACE = TraceParent(
    trace_id="a" * 32, parent_id="0" * 15 + "3", flags="01", client_span_id="4" * 16
)
FAILURE = ServiceFailure(service="é", code="TIMEOUT", count=1, detail="")
EVENTS: list[SpanEvent] = [
    events.REQUEST,
    structs.replace(events.REQUEST, trace=TRACE, cut_off=True, operation="x" * 300),
    structs.replace(events.REQUEST, trace=TRACE, failures=(FAILURE,)),
    events.OPERATION,
    events.FETCH,
    events.ATTEMPT,
    structs.replace(events.ATTEMPT, status=503, attempt=3),
    events.PLAN,
    events.STEP,
    events.CACHE,
    events.FALLBACK,
]
RESOURCE = Resource({"service.name": "bff", "process.pid": 7, "tags": ("a", "b")})


def own_spans() -> list[ReadableSpan]:
    factory = SpanFactory(RESOURCE, FakeClock())
    factory.set_time()
    return [factory.span(Chosen(event, incomplete=False)) for event in EVENTS]


def spans_of_resolvers() -> Sequence[ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("app").start_as_current_span("load") as span:
        span.add_event("cache miss", {"key": "7"})
    return exporter.get_finished_spans()


@pytest.mark.parametrize(
    "spans",
    [
        own_spans(),
        own_spans()[:1],
        [*spans_of_resolvers(), *own_spans()],
        spans_of_resolvers(),
        own_spans() * 50,
    ],
)
def test_a_request_is_that_of_the_library(spans: Sequence[ReadableSpan]) -> None:
    decoded = ExportTraceServiceRequest.FromString(encoded(spans, SCOPE))
    expected = encode_spans(spans)

    # The library makes one part for both scopes, as they have the same resource.
    def by_scope(request: ExportTraceServiceRequest) -> dict[str, object]:
        return {
            of_scope.scope.name: (of_resource.resource, of_scope)
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
        }

    assert by_scope(decoded) == by_scope(expected)


def test_the_exporter_of_this_version_can_send_what_is_encoded() -> None:
    assert TraceExporter(SCOPE, "http://127.0.0.1:9/v1/traces").sends_encoded
