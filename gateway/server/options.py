"""How a serving process drains, and what a connection to it may cost."""

from dataclasses import dataclass, field

from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.tls import ServerTls


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Seconds from SIGTERM to the closed listener, then for what is in flight.

    A process that needs more than `closing_s` after both to close is ended. With `tls`,
    the data port is for TLS alone.
    """

    drain_delay_s: float = 5.0
    grace_s: float = 30.0
    closing_s: float = 3.0
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    tls: ServerTls | None = None
