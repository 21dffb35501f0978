"""The model of the gateway itself: its ports, and the limits of its clients."""

from typing import Literal, Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import (
    Count,
    Delay,
    Duration,
    Port,
    Size,
    WorkerCount,
)
from weir.bffs.config.model.values.texts import (
    FileName,
    ListenAddress,
    ListenHost,
    NetworkText,
)
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.route import Buffered, RoutePolicy
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.options import ServeOptions
from weir.gateway.transport.policy import TlsVersion
from weir.gateway.transport.reply_hold import DEFAULT_BYTES as REPLY_BYTES
from weir.gateway.upstreams.middleware.cache.memory_store import DEFAULT_BYTES
from weir.resolvers.engine.plan_cache import DEFAULT_BYTES as PLAN_CACHE_BYTES

# The defaults are those of the policies.
_EDGE = EdgeOptions()
_SERVE = ServeOptions()
_CONNECTIONS = ConnectionLimits()


class ServerTlsSection(Section):
    """TLS of the data port; PEM files, read again when they change."""

    certificate: FileName
    """File of the certificate, with those between it and its authority."""
    key: FileName
    """File of its private key, without a password."""
    client_ca: FileName | None = None
    """File of authorities that issue the certificates of clients."""
    client_certificates: Literal["request", "require"] | None = None
    """Whether a client of `client_ca` needs a certificate: `require` is the default.
    With `request`, a client without one is served as well."""
    minimum: TlsVersion = "1.3"
    """Oldest TLS version."""
    redirect_from: ListenAddress | None = None
    """Address of a port without TLS, whose requests are redirected to the data port."""

    @model_validator(mode="after")
    def _check_client_ca(self) -> Self:
        if self.client_certificates is not None and self.client_ca is None:
            message = "`client_certificates` has no effect without `client_ca`"
            raise ValueError(message)
        return self


class ServerSection(Section):
    """Ports of the gateway, and limits of its clients."""

    host: ListenHost = "127.0.0.1"
    """Address of the data port."""
    port: Port = 4000
    """Data port, which serves the façades."""
    tls: ServerTlsSection | None = None
    control: ListenAddress = "127.0.0.1:4001"
    """Address of the control port, which serves health, metrics and changes."""
    probes: ListenAddress | None = None
    """Address of a port with only `/health`, `/ready` and `/metrics`, for any `Host`
    and without a token; without it, the control port alone has them."""
    workers: WorkerCount = 1
    """Number of processes that serve the data port. `auto` is one for each CPU that the
    process may use. The limits below are those of all of them together."""
    request_timeout: Duration = RoutePolicy().timeout_s
    """Longest time for one client request."""
    max_body: Size = Buffered().max_bytes
    """Largest body of a request."""
    bodies: Size = _CONNECTIONS.received_bytes
    """Memory for the bodies of all requests together; one beyond it gets 503. A quarter
    is reserved for bodies up to 16 KiB."""
    replies: Size = REPLY_BYTES
    """Memory for responses: of services until they are complete or transformed, large
    ones until the others of their operation or aggregate have arrived, and those above
    16 KiB until the client has read them. One beyond it gets 503. A client can use half
    of it, and less while there are others. At least four times the largest
    `max_response`, and twice `limits.response` and the `max_size` of an aggregate."""
    drain_delay: Delay = _SERVE.drain_delay_s
    """Time from SIGTERM until the data port closes; `/ready` returns 503 meanwhile."""
    drain_timeout: Duration = _SERVE.grace_s
    """Longest time after that for the requests in flight to finish. A process that has
    not ended 3 s later is ended with exit code 1."""
    stream_drain: Delay = _EDGE.stream_drain_s
    """Time for which WebSocket connections and event streams continue when a reload
    changes or removes their route."""
    trusted_proxies: list[NetworkText] = []
    """Networks whose `X-Forwarded-*` fields are trusted."""
    idle_timeout: Duration = _CONNECTIONS.idle_s
    """Longest time that a connection of a client may be idle."""
    connections: Count = _CONNECTIONS.connections
    """Maximum number of client connections."""
    connections_per_address: Count = _CONNECTIONS.connections_per_address
    """Maximum per client address, in each worker; behind a proxy, all clients have one
    address."""
    max_in_flight: Count = _EDGE.in_flight
    """Maximum number of requests in flight; others get 503 with `Retry-After`."""
    compression: bool = _EDGE.compression is not None
    """Compress responses for clients that accept it."""
    cache: Size = DEFAULT_BYTES
    """Memory for the cached responses of all upstreams."""
    plan_cache: Size = PLAN_CACHE_BYTES
    """Memory for the cached plans of the operations of all façades; those of stored
    operations come on top."""
    compiled_plans: FileName | None = None
    """Folder with the plans of stored operations that `weir compile` has written. In
    production mode, the user that serves must not be able to write it."""

    @model_validator(mode="after")
    def _check_body_memory(self) -> Self:
        if self.bodies < 2 * self.max_body:
            message = "expected `bodies` to be twice `max_body` or more"
            raise ValueError(message)
        return self
