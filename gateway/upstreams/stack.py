"""The order of what a call passes through; what is off is absent.

Of the call: fallback, cache, coalescing, concurrency limit; then in its lane: breaker,
retry. Of each attempt: hedge, pick an instance, attempt timeout, passive health,
transport. Of a stream: see `gateway.upstreams.streaming`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.instances.selection import Selection
from weir.gateway.upstreams.middleware.breaker.breaker import Breaker
from weir.gateway.upstreams.middleware.breaker.breakers import Breakers
from weir.gateway.upstreams.middleware.breaker.middleware import Breaking
from weir.gateway.upstreams.middleware.cache.log import CacheLog
from weir.gateway.upstreams.middleware.cache.middleware import Caching
from weir.gateway.upstreams.middleware.coalesce import Coalescing
from weir.gateway.upstreams.middleware.concurrency.middleware import Limiting
from weir.gateway.upstreams.middleware.fallback import FallbackOf, FallingBack
from weir.gateway.upstreams.middleware.overrides import (
    DEFAULT_LANE,
    Lane,
    LaneName,
    Lanes,
    lane_policies,
)
from weir.gateway.upstreams.middleware.retry.attempt import Attempts, InstanceAttempts
from weir.gateway.upstreams.middleware.retry.budget import RetryBudget
from weir.gateway.upstreams.middleware.retry.hedge import Hedging
from weir.gateway.upstreams.middleware.retry.retry import Once, Retry
from weir.gateway.upstreams.model.policy import Balancing, UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream
from weir.gateway.upstreams.streaming import (
    AdmittedStreams,
    Streaming,
)

SelectionBy: TypeAlias = Callable[[Balancing], Selection]
"""Returns the selection that picks so; for equal names it is the same."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a stack that have a life, and users, of their own."""

    selection_by: SelectionBy
    breakers: Breakers
    cache_log: CacheLog


@dataclass(frozen=True, slots=True)
class Stack:
    """An upstream for calls, and for streams: with one limit, breaker and health.

    `calls_of` counts those of the operations that have settings of their own.
    """

    calls: Upstream
    streams: StreamingUpstream
    calls_of: Mapping[str, int]


def build_stack(
    policy: UpstreamPolicy, parts: Parts, dependencies: Dependencies
) -> Stack:
    """Stack the policies of one upstream over its instances."""
    policies = lane_policies(policy)
    budget = _budget(policy, dependencies)
    lanes = Lanes(
        {
            name: _lane(
                parts.breakers.of(name[1]), in_lane, parts, budget, dependencies
            )
            for name, in_lane in policies.items()
        },
        policies,
    )
    calls = lanes if len(policies) > 1 else lanes.default.calls
    limiting = _limiting(calls, policy, parts, dependencies)
    return Stack(
        calls=_cached(
            _coalescing(limiting or calls, policies, lanes, dependencies),
            tuple(policies.values()),
            lanes.fallback_of,
            parts,
            dependencies,
        ),
        streams=Streaming(limiting, lambda request: lanes.of(request).streams),
        calls_of=lanes.calls_of,
    )


def _budget(policy: UpstreamPolicy, dependencies: Dependencies) -> RetryBudget:
    now_s = dependencies.clock.monotonic_s()
    return RetryBudget(policy.retry.budget, policy.retry.budget_floor_per_s, now_s)


def _lane(
    breaker: Breaker,
    policy: UpstreamPolicy,
    parts: Parts,
    budget: RetryBudget,
    dependencies: Dependencies,
) -> Lane:
    attempts = InstanceAttempts(
        policy,
        parts.selection_by(policy.balancing),
        dependencies.clock,
        dependencies.ids,
        dependencies.sink,
    )
    calls = _call_of_attempts(policy, attempts, budget, dependencies)
    breaking = Breaking(calls, policy, breaker, dependencies.clock)
    return Lane(
        breaking, AdmittedStreams(breaking, attempts, policy, dependencies.clock)
    )


def _call_of_attempts(
    policy: UpstreamPolicy,
    attempts: Attempts,
    budget: RetryBudget,
    dependencies: Dependencies,
) -> Upstream:
    if policy.hedge is not None:
        attempts = Hedging(attempts, policy.hedge.after_s, budget, dependencies.clock)
    if policy.retry.attempts:
        return Retry(attempts, policy, budget, dependencies.clock, dependencies.rng)
    return Once(attempts, policy.timeout.total_s, dependencies.clock)


def _limiting(
    calls: Upstream, policy: UpstreamPolicy, parts: Parts, dependencies: Dependencies
) -> Limiting | None:
    concurrency = policy.concurrency
    if not (concurrency.max_in_flight or concurrency.max_per_instance):
        return None
    # The places are the same whichever way instances are picked.
    places = parts.selection_by(policy.balancing).places
    return Limiting(
        calls,
        policy,
        dependencies.clock,
        places if concurrency.max_per_instance else None,
    )


def _coalescing(
    upstream: Upstream,
    policies: Mapping[LaneName, UpstreamPolicy],
    lanes: Lanes,
    dependencies: Dependencies,
) -> Upstream:
    if not policies[DEFAULT_LANE].coalesce:
        return upstream
    total_s = {name: policy.timeout.total_s for name, policy in policies.items()}
    return Coalescing(upstream, lanes.name_of, total_s, dependencies.clock)


def _cached(
    upstream: Upstream,
    lanes: tuple[UpstreamPolicy, ...],
    fallback_of: FallbackOf,
    parts: Parts,
    dependencies: Dependencies,
) -> Upstream:
    """Put on the cache and the fallback, which answer in place of a call."""
    policy, fallbacks = lanes[0], [lane.fallback for lane in lanes if lane.fallback]
    if policy.cache is not None:
        stale_s = max((each.stale_s for each in fallbacks), default=0.0)
        cache = replace(policy.cache, fallback_stale_s=stale_s)
        upstream = Caching(
            upstream,
            cache,
            upstream=policy.name,
            total_s=max(lane.timeout.total_s for lane in lanes),
            fallback_of=fallback_of,
            log=parts.cache_log,
            store=dependencies.cache,
            clock=dependencies.clock,
        )
    if any(fallback.answer for fallback in fallbacks):
        upstream = FallingBack(
            upstream,
            policy.name,
            fallback_of,
            dependencies.clock,
            dependencies.sink,
        )
    return upstream
