"""The context of a request: its id, trace, deadline and headers for upstreams."""

from functools import lru_cache
from typing import Final

from weir.gateway.clients.application import client_application
from weir.gateway.clients.network import client_network
from weir.gateway.context import CurrentSpans, RequestContext
from weir.gateway.edge.context.b3 import parse_b3
from weir.gateway.edge.context.forwarding import baggage, forwarded_fields, tracestate
from weir.gateway.edge.context.request_id import well_formed_request_id
from weir.gateway.edge.context.trace import (
    continue_b3,
    continue_trace,
    parse_traceparent,
    sampling_bound,
)
from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import Route
from weir.gateway.events import EventSink
from weir.gateway.ids import IdSource
from weir.gateway.trace_parent import B3Form, TraceParent

_SEEN_ADDRESSES: Final = 4096


@lru_cache(_SEEN_ADDRESSES)
def _client(address: str) -> str:
    """Return the client that an address stands for until it is identified."""
    return client_network(address) or "unknown"


class RequestContexts:
    """The factory of request contexts."""

    __slots__ = (
        "_b3",
        "_ids",
        "_propagates_baggage",
        "_sampled_below",
        "_sink",
        "_spans",
    )

    def __init__(
        self,
        sink: EventSink,
        ids: IdSource,
        sample: float | None = None,
        spans: CurrentSpans | None = None,
        b3: B3Form | None = None,
    ) -> None:
        self._b3: B3Form | None = b3
        self._sink = sink
        self._ids = ids
        self._sampled_below = sampling_bound(sample or 0)
        self._spans = spans
        self._propagates_baggage = sample is not None

    def context(
        self, head: RequestHead, origin: Origin, route: Route, generation_id: str
    ) -> RequestContext:
        """Return the context, with the client's ids if they are well-formed."""
        fields, ids, policy = head.headers, self._ids, route.policy
        sent = fields.get(b"traceparent")
        continued = parse_traceparent(sent) if sent else None
        if self._b3 is None:
            trace = continue_trace(continued, ids, self._sampled_below)
        else:
            trace = self._b3_trace(fields, continued, self._b3)
        named = fields.get(b"x-request-id")
        request_id = named and well_formed_request_id(named)
        if not request_id:
            # A client's trace may contain many requests, a new trace only this one.
            request_id = ids.trace_id() if continued else trace.trace_id
        address = origin.address
        # A tracestate is only valid with its traceparent (§3.3).
        state = tracestate(fields) if continued else ()
        if self._propagates_baggage:
            state += baggage(fields)
        return RequestContext(
            request_id=request_id,
            trace=trace,
            client_type=policy.client_type,
            generation_id=generation_id,
            deadline_s=head.arrived_s + policy.timeout_s,
            sink=self._sink,
            method=head.method,
            route=route.template,
            forwarded=forwarded_fields(origin, request_id, policy.client_type, state),
            client_address=address,
            client=address if "." in address else _client(address),
            application=client_application(fields),
            client_headers=fields,
            spans=self._spans,
        )

    def _b3_trace(
        self, fields: HeaderMap, continued: TraceParent | None, form: B3Form
    ) -> TraceParent:
        """Return the trace of a request; a `traceparent` goes before a B3 context."""
        sent = parse_b3(fields) if continued is None else None
        if sent is not None:
            return continue_b3(sent, self._ids, self._sampled_below, form)
        return continue_trace(continued, self._ids, self._sampled_below, form)
