"""From the decoded configuration to the frozen policies that each package takes."""

from bffs.config.models import Upstream
from gateway.upstreams.policy import (
    BreakerPolicy,
    HealthPolicy,
    InstanceSpec,
    RetryPolicy,
    TimeoutPolicy,
    UpstreamPolicy,
)


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
