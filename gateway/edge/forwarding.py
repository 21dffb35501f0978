"""The header fields of a client's request that are sent to upstreams."""

import re
from dataclasses import dataclass

from weir.gateway.edge.client_address import Origin
from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.headers import Headers

# Fields of one connection or message (RFC 9110 §7.6.1), and fields that the gateway
# sets. They are not copied from a client even if the allow-list names them.
NEVER_FORWARDED = frozenset(
    {
        b"accept-encoding",
        b"connection",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"expect",
        b"forwarded",
        b"host",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"traceparent",
        b"tracestate",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"via",
        b"x-client-type",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-request-id",
    }
)
_USUAL_CONNECTION = frozenset({b"", b"keep-alive", b"close", b"Keep-Alive"})
_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
# "Vendors SHOULD propagate at least 512 characters of a combined header":
# https://www.w3.org/TR/trace-context/#tracestate-limits
_MAX_TRACESTATE = 512


class NotForwardable(ValueError):
    """An allow-list with a header that must not be copied from a client."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} cannot be forwarded from clients")
        self.name = name


@dataclass(frozen=True, slots=True)
class ForwardingPolicy:
    """The client headers to send upstream, in this order; case does not matter."""

    client_headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.client_headers:
            lower = name.lower().encode("latin-1", "replace")
            if lower in NEVER_FORWARDED or not _FIELD_NAME.fullmatch(lower):
                raise NotForwardable(name)


class Forwarding:
    """A builder of the header fields that a request sends upstream."""

    __slots__ = ("_allowed",)

    def __init__(self, policy: ForwardingPolicy) -> None:
        self._allowed = tuple(
            name.lower().encode("latin-1") for name in policy.client_headers
        )

    def headers(
        self,
        fields: HeaderMap,
        origin: Origin,
        request_id: str,
        client_type: str,
        state: Headers = (),
    ) -> Headers:
        """Return the fields for upstreams; `state` is the tracestate field."""
        forwarded = (
            (b"x-request-id", request_id.encode()),
            (b"x-client-type", client_type.encode()),
            *state,
            (b"x-forwarded-for", origin.hops),
            (b"x-forwarded-proto", origin.scheme.encode()),
            (b"x-forwarded-host", origin.host),
        )
        return forwarded + self._of_client(fields) if self._allowed else forwarded

    def _of_client(self, fields: HeaderMap) -> Headers:
        named = _connection_options(fields.get(b"connection", b""))
        return tuple(
            (name, fields[name])
            for name in self._allowed
            if name in fields and name not in named
        )


def tracestate(fields: HeaderMap) -> Headers:
    """Return the client's tracestate, which belongs to its traceparent."""
    value = fields.get(b"tracestate", b"")
    return ((b"tracestate", value),) if 0 < len(value) <= _MAX_TRACESTATE else ()


def _connection_options(value: bytes) -> frozenset[bytes]:
    # RFC 9110 §7.6.1: an intermediary MUST "remove any header or trailer field(s) from
    # the message with the same name as the connection-option".
    if value in _USUAL_CONNECTION:
        return frozenset()
    return frozenset(option.strip() for option in value.lower().split(b","))
