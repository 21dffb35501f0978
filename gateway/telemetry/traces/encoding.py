"""The encoding of spans in OTLP, which is most of the cost of a trace.

The library makes a message for each attribute of each span. But most attributes have
few values, such as a method or the name of a service. An encoded message is the
concatenation of its encoded fields, in any order. So each name and attribute is encoded
once, by the library's classes, and a span is joined from these parts.

https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Final, Protocol, cast

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as OtlpResource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as OtlpStatus
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from weir.gateway.telemetry.traces.conventions import SpanValue

_TRACE_ID: Final = b"\x0a\x10"
_SPAN_ID: Final = b"\x12\x08"
_PARENT_ID: Final = b"\x22\x08"
_START: Final = 0x39
_END: Final = 0x41
_TIMES: Final = Struct("<BQBQ").pack
"""The tags of the fields of a span that differ each time."""
_SPANS_OF_SCOPE: Final = b"\x12"
_SCOPES_OF_RESOURCE: Final = b"\x12"
_RESOURCES: Final = b"\x0a"

_IS_LOCAL: Final = 0x100
_IS_REMOTE: Final = 0x300
_MORE: Final = 0x80


class _Sent(Protocol):
    success: bool


class _Message(Protocol):
    def SerializeToString(self) -> bytes: ...  # noqa: N802 - the name in the library


class TraceExporter(OTLPSpanExporter):
    """The exporter of the library, with a faster encoding of the spans of `scope`.

    Resolvers begin other spans, which the library encodes.
    """

    def __init__(self, scope: InstrumentationScope, endpoint: str | None) -> None:
        super().__init__(endpoint=endpoint)
        self._scope = scope
        # The library has no name for sending what is encoded. Without this one, it
        # does both, at its own cost.
        client = getattr(self, "_client", None)
        self._send: Callable[[bytes], _Sent] | None = getattr(client, "export", None)

    @property
    def sends_encoded(self) -> bool:
        """Whether the faster encoding is used."""
        return self._send is not None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._send is None:
            return super().export(spans)
        sent = self._send(encoded(spans, self._scope))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


def encoded(spans: Sequence[ReadableSpan], scope: InstrumentationScope) -> bytes:
    """Return the request with spans, those of `scope` by their parts."""
    own = [span for span in spans if span.instrumentation_scope is scope]
    others = [span for span in spans if span.instrumentation_scope is not scope]
    request = encode_spans(others) if others else ExportTraceServiceRequest()
    if not own:
        return _bytes(request)
    of_scope = _scope(scope) + b"".join(map(_span, own))
    of_resource = _resource(own[0].resource) + _field(_SCOPES_OF_RESOURCE, of_scope)
    return _bytes(request) + _field(_RESOURCES, of_resource)


def _span(span: ReadableSpan) -> bytes:
    return _field(_SPANS_OF_SCOPE, b"".join(_parts(span)))


def _parts(span: ReadableSpan) -> Iterator[bytes]:
    context, parent, status = span.context, span.parent, span.status
    assert isinstance(context, SpanContext)
    yield _TRACE_ID + context.trace_id.to_bytes(16, "big")
    yield _SPAN_ID + context.span_id.to_bytes(8, "big")
    if parent is not None:
        yield _PARENT_ID + parent.span_id.to_bytes(8, "big")
    is_remote = parent is not None and parent.is_remote
    yield _text(span.name, span.kind, is_remote)
    yield _status(status.status_code, status.description)
    yield _TIMES(_START, span.start_time or 0, _END, span.end_time or 0)
    attributes = cast("Mapping[str, SpanValue]", span.attributes or {})
    for name, value in attributes.items():
        yield _attribute(name, value)


@lru_cache(maxsize=4096)
def _text(name: str, kind: SpanKind, is_remote: bool) -> bytes:  # noqa: FBT001
    # The numbers of the kinds in OTLP are one higher (0 is "unspecified").
    flags = _IS_REMOTE if is_remote else _IS_LOCAL
    otlp_kind = Span.SpanKind.ValueType(kind.value + 1)
    return _bytes(Span(name=name, kind=otlp_kind, flags=flags))


@lru_cache(maxsize=1024)
def _status(code: StatusCode, message: str | None) -> bytes:
    otlp_code = OtlpStatus.StatusCode.ValueType(code.value)
    status = OtlpStatus(code=otlp_code, message=message or "")
    return _bytes(Span(status=status))


@lru_cache(maxsize=4096, typed=True)
def _attribute(name: str, value: SpanValue) -> bytes:
    return _bytes(Span(attributes=[_key_value(name, value)]))


def _key_value(name: str, value: SpanValue) -> common_pb2.KeyValue:
    return common_pb2.KeyValue(key=name, value=_any_value(value))


def _any_value(value: SpanValue) -> common_pb2.AnyValue:
    match value:
        case bool():
            return common_pb2.AnyValue(bool_value=value)
        case int():
            return common_pb2.AnyValue(int_value=value)
        case float():
            return common_pb2.AnyValue(double_value=value)
        case str():
            return common_pb2.AnyValue(string_value=value)
        case _:
            values = [_any_value(each) for each in value]
            array = common_pb2.ArrayValue(values=values)
            return common_pb2.AnyValue(array_value=array)


@lru_cache(maxsize=4)
def _scope(scope: InstrumentationScope) -> bytes:
    about = common_pb2.InstrumentationScope(
        name=scope.name, version=scope.version or ""
    )
    return _bytes(ScopeSpans(scope=about, schema_url=scope.schema_url or ""))


def _resource(resource: Resource) -> bytes:
    values = cast("Mapping[str, SpanValue]", resource.attributes)
    attributes = [_key_value(*pair) for pair in values.items()]
    about = OtlpResource(attributes=attributes)
    described = ResourceSpans(resource=about, schema_url=resource.schema_url)
    return _bytes(described)


def _bytes(message: _Message) -> bytes:
    return message.SerializeToString()


def _field(tag: bytes, content: bytes) -> bytes:
    """Return a field whose content has a length."""
    length = bytearray()
    left = len(content)
    while left >= _MORE:
        length.append(left & (_MORE - 1) | _MORE)
        left >>= 7
    length.append(left)
    return tag + length + content
