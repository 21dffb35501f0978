"""What is known of one client request; passed explicitly, never a ContextVar."""

from collections.abc import Mapping
from dataclasses import field

from gateway.headers import Headers
from gateway.telemetry.events import EventSink
from gateway.values import value


@value(frozen=True, slots=True)
class Identity:
    """Who asks; `cache_partition` separates what may not be shared between callers."""

    subject: str = ""
    cache_partition: str = ""


ANONYMOUS = Identity()


@value(frozen=True, slots=True, kw_only=True)
class TraceParent:
    """A W3C trace context: the trace, and the span that is the parent from here.

    https://www.w3.org/TR/trace-context/#traceparent-header
    """

    trace_id: str
    parent_id: str
    flags: str = "00"

    def header(self) -> bytes:
        return f"00-{self.trace_id}-{self.parent_id}-{self.flags}".encode()


@value(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """One client request as every layer below the edge sees it.

    `deadline_s` is on the monotonic clock. `forwarded` holds the header fields that
    go to every upstream of this request: forwarding headers, request id, trace
    parent, client type, and the client's own headers that the allow-list names.
    `client_headers` is what the client sent, by lower-case name: to decide by, as
    nothing of it goes to a service.
    """

    request_id: str
    trace: TraceParent
    client_type: str
    generation_id: str
    deadline_s: float
    sink: EventSink
    identity: Identity = ANONYMOUS
    forwarded: Headers = field(default=())
    client_headers: Mapping[bytes, bytes] = field(
        default_factory=dict[bytes, bytes], hash=False
    )
