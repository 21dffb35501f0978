"""The order of what a call passes through; what is off is absent.

Of the call: cache, coalescing, concurrency limit, breaker, retry. Of each attempt:
hedge, pick an instance, attempt timeout, passive health, transport. Of a stream: see
`gateway.upstreams.streaming`.
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
from gateway.upstreams.streaming import Stages, Streaming, StreamingUpstream


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a stack that have a life, and users, of their own."""

    selection: Selection
    breaker: Breaker
    cache_log: CacheLog


@dataclass(frozen=True, slots=True)
class Stack:
    """An upstream for calls, and for streams: with one limit, breaker and health."""

    calls: Upstream
    streams: StreamingUpstream


def build_stack(policy: UpstreamPolicy, parts: Parts, runtime: Runtime) -> Stack:
    """Stack the policies of one upstream over its instances."""
    clock = runtime.clock
    attempts = InstanceAttempts(policy, parts.selection, runtime)
    calls = _call_of_attempts(policy, attempts, runtime)
    breaking = Breaking(calls, policy.name, parts.breaker, clock)
    limiting = None
    concurrency = policy.concurrency
    if concurrency.max_in_flight or concurrency.max_per_instance:
        places = parts.selection.places if concurrency.max_per_instance else None
        limiting = Limiting(breaking, policy, clock, places)
    streams = Streaming(Stages(limiting, breaking, attempts), policy, clock)
    return Stack(_shared(limiting or breaking, policy, parts, runtime), streams)


def _shared(
    upstream: Upstream, policy: UpstreamPolicy, parts: Parts, runtime: Runtime
) -> Upstream:
    """Put on what answers several calls by one."""
    clock = runtime.clock
    if policy.coalesce:
        upstream = Coalescing(upstream, policy.timeout.total_s, clock)
    if policy.cache is not None:
        upstream = Caching(upstream, (policy, policy.cache), parts.cache_log, runtime)
    return upstream


def _call_of_attempts(
    policy: UpstreamPolicy, attempts: Attempts, runtime: Runtime
) -> Upstream:
    now_s = runtime.clock.monotonic_s()
    retry = policy.retry
    budget = RetryBudget(retry.budget, retry.budget_floor_per_s, now_s)
    if policy.hedge is not None:
        attempts = Hedging(attempts, policy.hedge.after_s, budget, runtime)
    if retry.attempts:
        return Retry(attempts, policy, budget, runtime)
    return Once(attempts, policy.timeout.total_s, runtime)
