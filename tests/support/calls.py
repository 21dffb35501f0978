"""Requests and contexts for tests of the traffic layer."""

from weir.gateway.context import RequestContext
from weir.gateway.events import Event, EventReceiver, EventSink
from weir.gateway.headers import Headers
from weir.gateway.trace_parent import TraceParent
from weir.gateway.transport.message import UpstreamRequest


class RecordingSink:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def receiver(self, event_type: type[Event]) -> EventReceiver:
        del event_type
        return self.emit

    def emit(self, event: Event) -> None:
        self.events.append(event)


class DeafSink:
    """A sink without receivers, to which no event may be sent."""

    def receiver(self, event_type: type[Event]) -> None:
        """Return no receiver."""

    def emit(self, event: Event) -> None:
        msg = f"{event} was built although no sink uses it"
        raise AssertionError(msg)


def upstream_request(
    method: str = "GET",
    path: str = "/",
    *,
    safe: bool = True,
    body: bytes = b"",
    deadline_s: float = 1e12,
) -> UpstreamRequest:
    return UpstreamRequest(
        method=method,
        path=path,
        safe=safe,
        deadline_s=deadline_s,
        endpoint=f"{method} {path}",
        body=body,
    )


def request_context(
    forwarded: Headers = (), sink: EventSink | None = None, deadline_s: float = 1e12
) -> RequestContext:
    return RequestContext(
        request_id="r1",
        trace=TraceParent(trace_id="0" * 31 + "1", parent_id="0" * 15 + "1"),
        client_type="test",
        generation_id="g1",
        deadline_s=deadline_s,
        sink=sink or DeafSink(),
        forwarded=forwarded,
    )
