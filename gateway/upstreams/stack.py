"""The order of what a call passes through; what is off is absent.

breaker -> retry -> each attempt: pick an instance -> attempt timeout
                                  -> passive health -> transport
"""

from dataclasses import dataclass

from gateway.upstreams.breaker import Breaker
from gateway.upstreams.caching.log import CacheLog
from gateway.upstreams.call import Upstream
from gateway.upstreams.middleware.attempt import InstanceAttempts
from gateway.upstreams.middleware.breaking import Breaking
from gateway.upstreams.middleware.caching import Caching
from gateway.upstreams.middleware.coalescing import Coalescing
from gateway.upstreams.middleware.limiting import Limiting
from gateway.upstreams.middleware.retry import Once, Retry
from gateway.upstreams.policy import UpstreamPolicy
from gateway.upstreams.runtime import Runtime
from gateway.upstreams.selection import Selection


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a stack that have a life, and users, of their own."""

    selection: Selection
    breaker: Breaker
    cache_log: CacheLog


def build_stack(policy: UpstreamPolicy, parts: Parts, runtime: Runtime) -> Upstream:
    """Stack the policies of one upstream over its instances."""
    attempts = InstanceAttempts(
        policy.name, parts.selection, policy.timeout.attempt_s, runtime
    )
    upstream: Upstream
    if policy.retry.attempts:
        upstream = Retry(attempts, policy, runtime)
    else:
        upstream = Once(attempts, policy.timeout.total_s, runtime)
    upstream = Breaking(upstream, policy.name, parts.breaker, runtime.clock)
    if policy.concurrency.max_in_flight:
        upstream = Limiting(upstream, policy.name, policy.concurrency, runtime.clock)
    if policy.coalesce:
        upstream = Coalescing(upstream, policy.timeout.total_s, runtime.clock)
    if policy.cache is not None:
        upstream = Caching(upstream, (policy, policy.cache), parts.cache_log, runtime)
    return upstream
