"""A request as it arrived: decoded from the ASGI scope, matched, named and dated."""

from dataclasses import dataclass
from functools import partial

from weir.gateway.context import RequestContext
from weir.gateway.edge.asgi import Scope
from weir.gateway.edge.client_address import Origin, TrustedProxies, is_host
from weir.gateway.edge.exchange import ClientRequest
from weir.gateway.edge.fields import Fields, fields_by_name
from weir.gateway.edge.forwarding import Forwarding, tracestate
from weir.gateway.edge.front import ServingGeneration
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.request_id import well_formed_request_id
from weir.gateway.edge.route import RouteMatch
from weir.gateway.edge.trace import continue_trace, parse_traceparent
from weir.gateway.errors import BadRequest
from weir.gateway.events import EventSink
from weir.gateway.ids import IdSource


@dataclass(slots=True)
class Arrival:
    """All that is known before the body; frozen in spirit, cheap to build."""

    match: RouteMatch
    path: str
    context: RequestContext
    scope: Scope
    fields: Fields
    origin: Origin
    started_s: float

    def check(self) -> None:
        """Raise BadRequest where the head breaks a rule that the parser lets pass."""
        # RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to
        # any HTTP/1.1 request message that lacks a Host header field and to any
        # request message that contains more than one Host header field line or a Host
        # header field with an invalid field value."
        host = self.fields.get(b"host")
        if host is None:
            if self.scope["http_version"] == "1.1":
                detail = "The Host header is missing."
                raise BadRequest(detail)
        elif not is_host(host):
            detail = "The Host header is not one host name."
            raise BadRequest(detail)

    def request(self, body: bytes) -> ClientRequest:
        scope = self.scope
        return ClientRequest(
            method=scope["method"],
            path=self.path,
            path_parameters=self.match.path_parameters,
            query=scope["query_string"].decode("latin-1"),
            headers=tuple(scope["headers"]),
            body=body,
            scheme=self.origin.scheme,
            client_address=self.origin.address,
        )


class Arrivals:
    """Turns scopes into arrivals."""

    __slots__ = ("_forwarding", "_ids", "_proxies", "_sink", "_timeout_s")

    def __init__(self, options: EdgeOptions, sink: EventSink, ids: IdSource) -> None:
        self._proxies = TrustedProxies(options.trusted_proxies, options.proxy_header)
        self._forwarding = Forwarding(options.forwarding)
        self._timeout_s = options.timeout_s
        self._sink = sink
        self._ids = ids

    def arrive(
        self, scope: Scope, generation: ServingGeneration, now_s: float
    ) -> Arrival:
        """Decode `scope` at `now_s` (monotonic); never raises on a client's account."""
        fields = fields_by_name(scope["headers"])
        peer = scope.get("client")
        origin = self._proxies.origin(peer[0] if peer else "", scope["scheme"], fields)
        path = scope["raw_path"].decode("latin-1")
        match = generation.route(scope["method"], path)
        client_type = match.route.policy.client_type
        context = self._context(fields, origin, client_type, generation.id, now_s)
        return Arrival(match, path, context, scope, fields, origin, now_s)

    def _context(
        self,
        fields: Fields,
        origin: Origin,
        client_type: str,
        generation_id: str,
        now_s: float,
    ) -> RequestContext:
        ids = self._ids
        sent = fields.get(b"traceparent")
        continued = parse_traceparent(sent) if sent else None
        trace = continue_trace(continued, ids)
        named = fields.get(b"x-request-id")
        request_id = named and well_formed_request_id(named)
        if not request_id:
            # A trace of the client's may be of many requests; ours is of this one.
            request_id = ids.trace_id() if continued else trace.trace_id
        # A tracestate without its traceparent means nothing (§3.3).
        state = tracestate(fields) if continued else ()
        return RequestContext(
            request_id=request_id,
            trace=trace,
            client_type=client_type,
            generation_id=generation_id,
            deadline_s=now_s + self._timeout_s,
            sink=self._sink,
            make_forwarded=partial(
                self._forwarding.headers, fields, origin, request_id, client_type, state
            ),
            client_headers=fields,
            client_address=origin.address,
        )
