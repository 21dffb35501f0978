"""The stack of an upstream: its policies, in the order that calls pass them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from sys import maxsize

from weir.gateway.limits.limiter import LimitStates
from weir.gateway.transport.json_reply import MOST_PARTS, most_parts
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.instances.selection import Selection
from weir.gateway.upstreams.instances.watch import InstanceWatch
from weir.gateway.upstreams.middleware.breaker.breakers import Breakers
from weir.gateway.upstreams.middleware.breaker.middleware import CircuitBreaking
from weir.gateway.upstreams.middleware.cache.log import CacheLog
from weir.gateway.upstreams.middleware.cache.middleware import Caching
from weir.gateway.upstreams.middleware.cache.streamed_writes import StreamedWrites
from weir.gateway.upstreams.middleware.cache.writes import Invalidation
from weir.gateway.upstreams.middleware.coalesce import Coalescing
from weir.gateway.upstreams.middleware.concurrency.middleware import (
    Capacities,
    ConcurrencyLimiter,
)
from weir.gateway.upstreams.middleware.discovery_wait import DiscoveryWait
from weir.gateway.upstreams.middleware.fallback import Fallback
from weir.gateway.upstreams.middleware.header_fields import HeaderFields
from weir.gateway.upstreams.middleware.large_responses import LargeResponses
from weir.gateway.upstreams.middleware.minting import TokenMint
from weir.gateway.upstreams.middleware.overrides import (
    NO_OVERRIDE,
    OverrideDispatch,
    PolicyOverrides,
)
from weir.gateway.upstreams.middleware.rate_limits import RateLimiting
from weir.gateway.upstreams.middleware.retry.attempt import Attempts, InstanceAttempts
from weir.gateway.upstreams.middleware.retry.budget import RetryBudget
from weir.gateway.upstreams.middleware.retry.hedge import Hedging
from weir.gateway.upstreams.middleware.retry.retry import Retry
from weir.gateway.upstreams.middleware.service_authorization import (
    ServiceAuthorization,
)
from weir.gateway.upstreams.model.header_rules import HeaderRules
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream
from weir.gateway.upstreams.service_tokens import ServiceTokens
from weir.gateway.upstreams.waits import CallWaits


@dataclass(frozen=True, slots=True)
class Stack:
    """An upstream for calls and for streams, with one limit, breaker and health.

    `calls_of` counts the calls of each operation with overrides, and `waits` those that
    wait for a limit.
    """

    calls: Upstream
    streams: StreamingUpstream
    calls_of: Mapping[str, int]
    waits: CallWaits


@dataclass(frozen=True, kw_only=True)
class StackBuilder:
    """A builder of stacks: the parts of a stack, and the order of its layers.

    Each layer is a method that returns `inner` if its feature is disabled.
    """

    policy: UpstreamPolicy
    selection: Selection
    breakers: Breakers
    watch: InstanceWatch | None
    cache_log: CacheLog
    dependencies: Dependencies
    tokens: ServiceTokens | None = None
    limits: Sequence[LimitStates] = ()

    def build(self) -> Stack:
        """Return the stack, built from the innermost layer outwards."""
        branches: dict[str, StreamingUpstream] = {}
        for name, policy in self._overrides.policies.items():
            attempts = self._attempts(policy)
            attempts = self._hedging(attempts, policy)
            branch = self._retry(attempts, policy)
            branch = self._service_authorization(branch)
            branches[name] = self._circuit_breaking(branch, name)
        dispatch = OverrideDispatch(self._overrides, branches)
        streams = dispatch if len(branches) > 1 else branches[NO_OVERRIDE]
        streams = self._concurrency_limiter(streams)
        coalescing = self._coalescing(streams)
        calls, streams = self._discovery_wait(coalescing or streams, streams)
        calls, streams = self._rate_limits(calls, streams)
        # Streams enter here. They are not shared or cached, and have no fallback.
        streams = self._streamed_writes(streams, coalescing)
        calls = self._caching(calls)
        calls = self._fallback(calls)
        calls = self._large_responses(calls)
        rules = self.policy.headers
        if rules != HeaderRules():
            clock = self.dependencies.clock
            mint = TokenMint(rules.token, clock) if rules.token else None
            fields = HeaderFields(calls, streams, rules, mint)
            return Stack(fields, fields, dispatch.calls_of, self._waits)
        return Stack(calls, streams, dispatch.calls_of, self._waits)

    @cached_property
    def _overrides(self) -> PolicyOverrides:
        return PolicyOverrides(self.policy)

    @cached_property
    def _waits(self) -> CallWaits:
        return CallWaits(self.policy.name, self.dependencies.clock)

    @cached_property
    def _budget(self) -> RetryBudget:
        retry, now_s = self.policy.retry, self.dependencies.clock.monotonic_s()
        return RetryBudget(retry.budget, now_s)

    def _attempts(self, policy: UpstreamPolicy) -> Attempts:
        return InstanceAttempts(policy, self.selection, self.dependencies)

    def _hedging(self, inner: Attempts, policy: UpstreamPolicy) -> Attempts:
        if policy.hedge is None:
            return inner
        after_s, clock = policy.hedge.after_s, self.dependencies.clock
        return Hedging(inner, after_s, self._budget, clock)

    def _retry(self, inner: Attempts, policy: UpstreamPolicy) -> StreamingUpstream:
        use = self.dependencies
        return Retry(inner, policy, self._budget, use.clock, use.rng)

    def _service_authorization(self, inner: StreamingUpstream) -> StreamingUpstream:
        if self.tokens is None:
            return inner
        return ServiceAuthorization(inner, self.tokens)

    def _circuit_breaking(
        self, inner: StreamingUpstream, operation: str
    ) -> StreamingUpstream:
        breaker = self.breakers.of(operation)
        clock = self.dependencies.clock
        return CircuitBreaking(inner, self.policy.name, breaker, clock)

    def _concurrency_limiter(self, inner: StreamingUpstream) -> StreamingUpstream:
        transport, concurrency = self.policy.transport, self.policy.concurrency
        most = concurrency.max_in_flight or maxsize
        # A connection of HTTP/2 carries many calls, and a stream has its own.
        of_instance = (
            maxsize if transport.kind == "http2" else transport.connections.max_open
        )

        def of_calls(now_s: float) -> int:
            return min(most, self.selection.available(now_s) * of_instance)

        def of_streams(_: float) -> int:
            return most

        slots = self.selection.slots if concurrency.max_per_instance else None
        capacities = Capacities(of_calls, of_streams, slots)
        clock = self.dependencies.clock
        return ConcurrencyLimiter(inner, self.policy, capacities, self._waits, clock)

    def _discovery_wait(
        self, calls: Upstream, streams: StreamingUpstream
    ) -> tuple[Upstream, StreamingUpstream]:
        if self.watch is None:
            return calls, streams
        wait = DiscoveryWait(calls, streams, self.watch, self.dependencies.clock)
        return wait, wait

    def _rate_limits(
        self, calls: Upstream, streams: StreamingUpstream
    ) -> tuple[Upstream, StreamingUpstream]:
        if not self.limits:
            return calls, streams
        limited = RateLimiting(
            calls, streams, self.limits, self._waits, self.dependencies
        )
        return limited, limited

    def _streamed_writes(
        self, inner: StreamingUpstream, coalescing: Coalescing | None
    ) -> StreamingUpstream:
        if self.policy.cache is None:
            return inner
        invalidation = Invalidation(self.dependencies.cache, self.policy.name)
        return StreamedWrites(inner, invalidation, coalescing)

    def _coalescing(self, inner: StreamingUpstream) -> Coalescing | None:
        if not self.policy.coalesce:
            return None
        return Coalescing(
            inner,
            self._overrides,
            self.dependencies.clock,
            self.dependencies.writes,
            returns_cookies=b"set-cookie" in self.policy.headers.response,
        )

    def _caching(self, inner: Upstream) -> Upstream:
        if self.policy.cache is None:
            return inner
        policies = self._overrides.policies.values()
        fallbacks = [each.fallback for each in policies if each.fallback]
        cache = self.policy.cache
        stale_s = max((each.stale_s for each in fallbacks), default=0.0)
        return Caching(
            inner,
            replace(cache, fallback_stale_s=max(stale_s, cache.fallback_stale_s)),
            upstream=self.policy.name,
            total_s=max(each.timeout.total_s for each in policies),
            fallback_of=self._overrides.fallback_of,
            log=self.cache_log,
            store=self.dependencies.cache,
            clock=self.dependencies.clock,
        )

    def _large_responses(self, inner: Upstream) -> Upstream:
        max_bytes = self.policy.transport.max_response_bytes
        if most_parts(max_bytes) == MOST_PARTS:
            return inner
        return LargeResponses(inner, max_bytes)

    def _fallback(self, inner: Upstream) -> Upstream:
        policies = self._overrides.policies.values()
        if not any(each.fallback and each.fallback.response for each in policies):
            return inner
        use = self.dependencies
        return Fallback(
            inner, self.policy.name, self._overrides.fallback_of, use.clock, use.sink
        )
