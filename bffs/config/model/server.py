"""The model of what the gateway itself does: its ports, and limits of operations."""

from typing import Annotated

from pydantic import AfterValidator

from bffs.config.model.scalars import Count, Delay, Duration, Port, Size
from bffs.config.model.section import Section
from bffs.config.model.texts import ListenAddress, ListenHost
from gateway.edge.client_address import networks
from gateway.edge.forwarding import ForwardingPolicy, NotForwardable


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
    request_timeout: Duration = 10.0
    """The deadline of every client request."""
    max_body: Size = 1024 * 1024
    """Largest request body."""
    drain_delay: Delay = 5.0
    """On SIGTERM: time that serving goes on while `/ready` says 503."""
    drain_timeout: Duration = 30.0
    """After that: time that requests in flight have to finish."""
    trusted_proxies: list[Annotated[str, AfterValidator(_network)]] = []
    """Networks whose `X-Forwarded-*` fields are believed."""
    forward_headers: list[Annotated[str, AfterValidator(_forwardable)]] = []
    """Client header fields that are passed on to services."""
    idle_timeout: Duration = 75.0
    """Time that a client's connection may be unused."""
    connections: Count = 10_000
    """Client connections, at most."""
    connections_per_address: Count = 10_000
    """Connections of one client address; behind a proxy all have the proxy's."""
    max_in_flight: Count = 1000
    """Requests worked on at once; one more gets 503 with `Retry-After`."""
    compression: bool = True
    """Whether answers are compressed for clients that say they can take it."""
    cache: Size = 64 * 1024 * 1024
    """Memory for cached answers of all upstreams."""


class LimitsSection(Section):
    """How large an operation may be; checked before it is validated."""

    depth: Count = 50
    """Levels of nesting."""
    fields: Count = 5000
    """Fields, fragments counted where they are used."""
    aliases: Count = 500
    """Aliases."""
    tokens: Count = 15_000
    """Tokens of the document."""
