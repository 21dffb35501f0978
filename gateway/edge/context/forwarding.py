"""The header fields that the gateway sends to upstreams about a request."""

from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.edge.origin import Origin
from weir.gateway.headers import Headers

# "Vendors SHOULD propagate at least 512 characters of a combined header":
# https://www.w3.org/TR/trace-context/#tracestate-limits
_MAX_TRACESTATE = 512
# The limit of https://www.w3.org/TR/baggage/#limits
_MAX_BAGGAGE = 8192


def forwarded_fields(
    origin: Origin, request_id: str, client_type: str, state: Headers = ()
) -> Headers:
    """Return the fields for upstreams; `state` are those of the trace."""
    return (
        (b"x-request-id", request_id.encode()),
        (b"x-client-type", client_type.encode()),
        *state,
        (b"x-forwarded-for", origin.hops),
        (b"x-forwarded-proto", origin.scheme.encode()),
        (b"x-forwarded-host", origin.host),
    )


def tracestate(fields: HeaderMap) -> Headers:
    """Return the client's tracestate, which belongs to its traceparent."""
    value = fields.get(b"tracestate", b"")
    return ((b"tracestate", value),) if 0 < len(value) <= _MAX_TRACESTATE else ()


def baggage(fields: HeaderMap) -> Headers:
    """Return the client's baggage: https://www.w3.org/TR/baggage/."""
    value = fields.get(b"baggage", b"")
    return ((b"baggage", value),) if 0 < len(value) <= _MAX_BAGGAGE else ()
