"""What the edge believes, forwards and allows."""

from dataclasses import dataclass, field

from weir.gateway.edge.client_address import Network, ProxyHeader
from weir.gateway.edge.compression import CompressionPolicy
from weir.gateway.edge.forwarding import ForwardingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOptions:
    """The edge's policy; `timeout_s` is the whole time of a request.

    `in_flight` requests are worked on at once; what is beyond them is refused.

    Without a compression policy, answers are sent as the fronts make them.
    """

    trusted_proxies: tuple[Network, ...] = ()
    proxy_header: ProxyHeader = "x-forwarded-for"
    forwarding: ForwardingPolicy = field(default_factory=ForwardingPolicy)
    max_body_bytes: int = 1024 * 1024
    timeout_s: float = 10.0
    in_flight: int = 1000
    compression: CompressionPolicy | None = field(default_factory=CompressionPolicy)
