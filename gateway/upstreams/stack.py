"""The order of what a call passes through; what is off is absent.

Of the call: cache, coalescing, concurrency limit, breaker, retry. Of each attempt:
hedge, pick an instance, attempt timeout, passive health, transport.
"""

from dataclasses import dataclass

from gateway.upstreams.breaker import Breaker
from gateway.upstreams.budget import RetryBudget
from gateway.upstreams.caching.log import CacheLog
from gateway.upstreams.call import Upstream
from gateway.upstreams.middleware.attempt import Attempts, InstanceAttempts
from gateway.upstreams.middleware.breaking import Breaking
from gateway.upstreams.middleware.caching import Caching
from gateway.upstreams.middleware.coalescing import Coalescing
from gateway.upstreams.middleware.hedging import Hedging
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
    clock = runtime.clock
    upstream: Upstream = _call_of_attempts(policy, parts.selection, runtime)
    upstream = Breaking(upstream, policy.name, parts.breaker, clock)
    if policy.concurrency.max_in_flight:
        upstream = Limiting(upstream, policy.name, policy.concurrency, clock)
    if policy.coalesce:
        upstream = Coalescing(upstream, policy.timeout.total_s, clock)
    if policy.cache is not None:
        upstream = Caching(upstream, (policy, policy.cache), parts.cache_log, runtime)
    return upstream


def _call_of_attempts(
    policy: UpstreamPolicy, selection: Selection, runtime: Runtime
) -> Upstream:
    now_s = runtime.clock.monotonic_s()
    retry = policy.retry
    budget = RetryBudget(retry.budget, retry.budget_floor_per_s, now_s)
    attempts: Attempts = InstanceAttempts(policy, selection, runtime)
    if policy.hedge is not None:
        attempts = Hedging(attempts, policy.hedge.after_s, budget, runtime)
    if retry.attempts:
        return Retry(attempts, policy, budget, runtime)
    return Once(attempts, policy.timeout.total_s, runtime)
