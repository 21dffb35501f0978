"""A receiver of OTLP over HTTP, for what a gateway sends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.support.conditions import until

SERVER, CLIENT = 2, 3
_RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as it arrived; ids are in hex, `parent_id` is "" for a root."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    started_ns: int
    ended_ns: int
    failed: bool
    message: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    scope: str


@dataclass
class Collector:
    """The spans, the metrics by name, and the log records that have arrived.

    The points of a metric are those of its last export.
    """

    url: str
    spans: list[ReceivedSpan] = field(default_factory=list)
    metrics: dict[str, list[Any]] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)

    def receive(self, path: str, body: bytes) -> None:
        match path:
            case "/v1/traces":
                self.spans.extend(_spans(body))
            case "/v1/metrics":
                self.metrics.update(_metrics(body))
            case "/v1/logs":
                self.records.extend(_records(body))
            case _:
                raise AssertionError(path)

    async def trace(self, trace_id: str) -> list[ReceivedSpan]:
        """Wait for the spans of a trace; the request's span is the last to arrive."""

        def is_last(span: ReceivedSpan) -> bool:
            return span.trace_id == trace_id and span.kind == SERVER

        await until(lambda: any(map(is_last, self.spans)))
        return [span for span in self.spans if span.trace_id == trace_id]


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    """Receive spans, metrics and log records on a free port."""
    received = Collector("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                method, path, _ = head.split(b" ", 2)
                assert method == b"post"
                length = int(head.partition(b"content-length:")[2].split()[0])
                body = await reader.readexactly(length)
                received.receive(path.decode(), body)
                writer.write(_RESPONSE)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    received.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield received
    finally:
        server.close()


def tree(spans: list[ReceivedSpan], parent_id: str = "") -> dict[str, Any]:
    """Return the names of spans, each with those below it."""
    children = sorted(
        (span for span in spans if span.parent_id == parent_id),
        key=lambda span: (span.started_ns, span.name),
    )
    return {span.name: tree(spans, span.span_id) for span in children}


def _spans(body: bytes) -> Iterator[ReceivedSpan]:
    request = ExportTraceServiceRequest.FromString(body)
    for of_resource in request.resource_spans:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield ReceivedSpan(
                    name=span.name,
                    kind=span.kind,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    started_ns=span.start_time_unix_nano,
                    ended_ns=span.end_time_unix_nano,
                    failed=span.status.code == 2,
                    message=span.status.message,
                    attributes=_attributes(span.attributes),
                    resource=resource,
                    scope=of_scope.scope.name,
                )


def _metrics(body: bytes) -> Iterator[tuple[str, list[Any]]]:
    request = ExportMetricsServiceRequest.FromString(body)
    for of_resource in request.resource_metrics:
        for of_scope in of_resource.scope_metrics:
            for metric in of_scope.metrics:
                kind = metric.WhichOneof("data")
                yield metric.name, list(getattr(metric, kind or "").data_points)


def _records(body: bytes) -> Iterator[dict[str, Any]]:
    request = ExportLogsServiceRequest.FromString(body)
    for of_resource in request.resource_logs:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_logs:
            for record in of_scope.log_records:
                yield {
                    "event": record.event_name,
                    "body": _value(record.body),
                    "trace_id": record.trace_id.hex(),
                    "severity": record.severity_text,
                    "service": resource["service.name"],
                    **_attributes(record.attributes),
                }


def _attributes(pairs: Any) -> dict[str, Any]:
    found: list[KeyValue] = list(pairs)
    return {pair.key: _value(pair.value) for pair in found}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
