"""The model of what the gateway itself does: its ports, and limits of operations."""

from typing import Annotated

from pydantic import AfterValidator

from bffs.config.model.scalars import Count, Delay, Duration, Port, Size
from bffs.config.model.section import Section
from bffs.config.model.texts import ListenAddress, ListenHost
from gateway.edge.client_address import networks
from gateway.edge.forwarding import ForwardingPolicy, NotForwardable
from gateway.edge.options import EdgeOptions
from gateway.server.limits import ConnectionLimits
from gateway.server.options import ServeOptions
from gateway.upstreams.caching.memory_store import DEFAULT_BYTES
from resolvers.operation.limits import OperationLimits

# The defaults are those of the policies.
_EDGE = EdgeOptions()
_SERVE = ServeOptions()
_CONNECTIONS = ConnectionLimits()
_LIMITS = OperationLimits()


def _network(value: str) -> str:
    try:
        networks((value,))
    except ValueError as error:
        message = 'expected an address or a network such as "10.0.0.0/8"'
        raise ValueError(message) from error
    return value


def _forwardable(value: str) -> str:
    try:
        ForwardingPolicy((value,))
    except NotForwardable as error:
        message = "this header field cannot be forwarded from clients"
        raise ValueError(message) from error
    return value


class ServerSection(Section):
    """Where the gateway listens, and what it accepts."""

    host: ListenHost = "127.0.0.1"
    """Address of the data port."""
    port: Port = 4000
    """Data port: the façades."""
    control: ListenAddress = "127.0.0.1:4001"
    """Address of the control port: health, metrics, reload."""
    request_timeout: Duration = _EDGE.timeout_s
    """The deadline of every client request."""
    max_body: Size = _EDGE.max_body_bytes
    """Largest request body."""
    drain_delay: Delay = _SERVE.drain_delay_s
    """On SIGTERM: time that serving goes on while `/ready` says 503."""
    drain_timeout: Duration = _SERVE.grace_s
    """After that: time that requests in flight have to finish."""
    trusted_proxies: list[Annotated[str, AfterValidator(_network)]] = []
    """Networks whose `X-Forwarded-*` fields are believed."""
    forward_headers: list[Annotated[str, AfterValidator(_forwardable)]] = []
    """Client header fields that are passed on to services."""
    idle_timeout: Duration = _CONNECTIONS.idle_s
    """Time that a client's connection may be unused."""
    connections: Count = _CONNECTIONS.connections
    """Client connections, at most."""
    connections_per_address: Count = _CONNECTIONS.connections_per_address
    """Connections of one client address; behind a proxy all have the proxy's."""
    max_in_flight: Count = _EDGE.in_flight
    """Requests worked on at once; one more gets 503 with `Retry-After`."""
    compression: bool = _EDGE.compression is not None
    """Whether answers are compressed for clients that say they can take it."""
    cache: Size = DEFAULT_BYTES
    """Memory for cached answers of all upstreams."""


class LimitsSection(Section):
    """How large a document may be, all of it; checked before it is validated."""

    depth: Count = _LIMITS.depth
    """Levels of fields below each other."""
    fields: Count = _LIMITS.fields
    """Fields, and as many fragments, counted wherever they are spread."""
    aliases: Count = _LIMITS.aliases
    """Aliases, counted wherever they are spread."""
    tokens: Count = _LIMITS.tokens
    """Tokens; ten times as many with fragments written out wherever they are spread."""
