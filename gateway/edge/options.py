"""The policy of the edge for all routes."""

from dataclasses import dataclass, field

from weir.gateway.edge.context.client_address import Network, ProxyHeader
from weir.gateway.edge.responses.compression import CompressionPolicy
from weir.gateway.trace_parent import B3Form


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOptions:
    """Trusted proxies, limits and compression.

    `in_flight` is the limit of concurrent requests. Without a compression policy,
    responses are not compressed. `sample` is the share of new traces that are sampled,
    if requests are traced. `b3` is the form of B3 for services beside `traceparent`.
    Streams of a route that a new generation does not have continue for
    `stream_drain_s`.
    """

    trusted_proxies: tuple[Network, ...] = ()
    proxy_header: ProxyHeader = "x-forwarded-for"
    in_flight: int = 1000
    compression: CompressionPolicy | None = field(default_factory=CompressionPolicy)
    sample: float | None = None
    b3: B3Form | None = None
    stream_drain_s: float = 0.0
