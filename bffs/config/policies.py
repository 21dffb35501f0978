"""From the decoded configuration to the frozen policies that each package takes."""

from bffs.config.models import Limits, Server, Upstream
from gateway.edge.client_address import networks
from gateway.edge.forwarding import ForwardingPolicy
from gateway.edge.options import EdgeOptions
from gateway.server.limits import ConnectionLimits
from gateway.server.serve import ServeOptions
from gateway.upstreams.policy import (
    BreakerPolicy,
    HealthPolicy,
    InstanceSpec,
    RetryPolicy,
    TimeoutPolicy,
    UpstreamPolicy,
)
from resolvers.operation.limits import OperationLimits


def upstream_policy(name: str, upstream: Upstream) -> UpstreamPolicy:
    """Return the traffic layer's policy of one upstream."""
    return UpstreamPolicy(
        name=name,
        instances=tuple(
            InstanceSpec(instance.url.rstrip("/"), instance.weight)
            for instance in upstream.instances
        ),
        balancing=upstream.balancing,
        health=_health(upstream),
        timeout=TimeoutPolicy(
            connect_s=upstream.timeout.connect,
            attempt_s=upstream.timeout.attempt,
            total_s=upstream.timeout.total,
        ),
        retry=RetryPolicy(
            attempts=upstream.retry.attempts, budget=upstream.retry.budget
        ),
        breaker=BreakerPolicy(
            failures=upstream.breaker.failures,
            open_for_s=upstream.breaker.open_for,
            probes=upstream.breaker.probes,
        ),
        max_response_bytes=upstream.max_response,
    )


def _health(upstream: Upstream) -> HealthPolicy:
    health = upstream.health
    return HealthPolicy(
        path=health.path,
        interval_s=health.interval,
        timeout_s=health.timeout,
        status=health.status,
        active=health.active,
    )


def edge_options(server: Server) -> EdgeOptions:
    """Return what the edge believes, forwards and allows."""
    return EdgeOptions(
        trusted_proxies=networks(tuple(server.trusted_proxies)),
        forwarding=ForwardingPolicy(tuple(server.forward_headers)),
        max_body_bytes=server.max_body,
        timeout_s=server.request_timeout,
    )


def serve_options(server: Server) -> ServeOptions:
    """Return how the process drains, and what a connection may cost."""
    return ServeOptions(
        drain_delay_s=server.drain_delay,
        grace_s=server.drain_timeout,
        limits=ConnectionLimits(idle_s=server.idle_timeout),
    )


def operation_limits(limits: Limits) -> OperationLimits:
    """Return how large an operation may be."""
    return OperationLimits(
        tokens=limits.tokens,
        depth=limits.depth,
        fields=limits.fields,
        aliases=limits.aliases,
    )
