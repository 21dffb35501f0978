"""Registered upstreams: a policy, instances and a breaker."""

import asyncio
from collections.abc import Callable, Iterator
from random import Random
from typing import TypeAlias

from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.limits.adaptive.health import ServiceHealth
from weir.gateway.limits.limiter import LimitBuckets
from weir.gateway.upstreams.balancing.choice import new_balancer
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.instances.health import HealthStatus, InstanceHealth
from weir.gateway.upstreams.instances.healthy_count import HealthyCount
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.instances.live import LiveInstance
from weir.gateway.upstreams.instances.panic import PanicReporter, is_panic
from weir.gateway.upstreams.instances.removal import GradualRemoval
from weir.gateway.upstreams.instances.selection import Selection, WeightedInstance
from weir.gateway.upstreams.instances.staleness import Staleness
from weir.gateway.upstreams.instances.watch import InstanceWatch
from weir.gateway.upstreams.middleware.breaker.breakers import Breakers
from weir.gateway.upstreams.middleware.breaker.fair_breaker import FairBreaker
from weir.gateway.upstreams.middleware.cache.log import CacheLog
from weir.gateway.upstreams.model.policy import (
    OperationPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.service_tokens import ServiceTokens
from weir.gateway.upstreams.snapshot import (
    BreakerSnapshot,
    CacheSnapshot,
    EndpointSnapshot,
    OperationSnapshot,
    ServiceSnapshot,
)
from weir.gateway.upstreams.stack import StackBuilder

NewInstance: TypeAlias = Callable[[str], LiveInstance]
"""A function that returns the live instance at a URL."""

LiveInstances: TypeAlias = tuple[tuple[InstanceSpec, LiveInstance], ...]


class RegisteredUpstream:
    """An upstream, shared by the generations that have the same policy for it.

    Its `instances`, `breakers`, `tokens` and `limits` may be those of an earlier
    generation.
    """

    def __init__(
        self,
        policy: UpstreamPolicy,
        dependencies: Dependencies,
        *,
        instances: LiveInstances,
        breakers: Breakers,
        new_instance: NewInstance,
        discovery: Discovery | None,
        tokens: ServiceTokens | None = None,
        limits: LimitBuckets,
    ) -> None:
        self.policy = policy
        self.instances = instances
        self.breakers = breakers
        self.tokens = tokens
        self.limits = limits
        self._new_instance = new_instance
        self._cache_log = CacheLog(policy.name, dependencies.clock, dependencies.sink)
        self._generations = 1
        self._started = False
        self._clock = dependencies.clock
        self._selection = self._new_selection(dependencies.rng)
        self._healthy = HealthyCount(self._healths())
        healthy = self._healthy.at(self._clock.monotonic_s())
        self._panic = PanicReporter(
            policy.name, dependencies.sink, is_on=is_panic(healthy, len(instances))
        )
        self._watch = self._new_watch(discovery, dependencies) if discovery else None
        self.stack = StackBuilder(
            policy=policy,
            selection=self._selection,
            breakers=breakers,
            watch=self._watch,
            cache_log=self._cache_log,
            dependencies=dependencies,
            tokens=tokens,
            limits=tuple(limits.values()),
        ).build()
        for _, live in instances:
            live.join(self)

    def healthy_urls(self) -> frozenset[str]:
        """Return the URLs of the healthy instances."""
        now_s = self._clock.monotonic_s()
        return frozenset(
            spec.url
            for spec, live in self.instances
            if live.instance.health.status(now_s) is HealthStatus.HEALTHY
        )

    def health_recorded(self, health: InstanceHealth) -> None:
        """Count the instance by its health from now on."""
        self._healthy.update(health)

    def health_changed(self, *, healthy: bool, now_s: float) -> None:
        """Report a panic; let the breaker send a probe early after a recovery."""
        if healthy:
            self.breakers.probe_early(now_s)
        self._panic.update(self._healthy.at(now_s), len(self.instances), now_s)

    def may_eject(self, now_s: float) -> bool:
        """Return whether one more instance may be ejected for its responses.

        At most half of the instances are, and a single one never is.
        """
        return self._healthy.at(now_s) - 1 >= len(self.instances) / 2

    def start(self) -> None:
        """Start the background tasks: health checks and discovery."""
        self._started = True
        for _, live in self.instances:
            live.start()
        if self._watch is not None:
            self._watch.start()

    def share(self) -> "RegisteredUpstream":
        """Count one more generation that uses the upstream."""
        self._generations += 1
        return self

    async def release(self) -> None:
        """Count one generation less; after the last one, release the instances."""
        self._generations -= 1
        if self._generations:
            return
        if self._watch is not None:
            await self._watch.stop()
        await asyncio.gather(*(live.leave(self) for _, live in self.instances))
        if self.tokens is not None:
            await self.tokens.release()

    def abandon(self) -> None:
        """Count one generation less that never started; there is nothing to close."""
        self._generations -= 1
        if not self._generations:
            for _, live in self.instances:
                live.discard(self)
            if self.tokens is not None:
                self.tokens.abandon()

    async def set_instances(self, specs: tuple[InstanceSpec, ...]) -> None:
        """Replace the instances; those in both sets keep their state.

        Calls in flight on removed instances continue to their end. Raise the errors of
        the transport factory, in which case nothing is replaced.
        """
        before = {spec.url: live for spec, live in self.instances}
        urls = {spec.url: None for spec in specs}
        added = {url: self._new_instance(url) for url in urls if url not in before}
        known = before | added
        self.instances = tuple((spec, known[spec.url]) for spec in specs)
        for live in added.values():
            self._join(live)
        self._selection.instances = self._weighted()
        self._healthy.replace(self._healths())
        for gone in [live for url, live in before.items() if url not in urls]:
            await gone.leave(self)
        now_s = self._clock.monotonic_s()
        self._panic.update(self._healthy.at(now_s), len(self.instances), now_s)

    def service_health(self, since_s: float, now_s: float) -> ServiceHealth:
        """Return the health of the service; a latency is recent since a time."""
        breaker = _breaker(self.breakers.upstream, now_s)
        calls, failed = self.breakers.recent(now_s)
        found = [live.instance.recent_latency_s(since_s) for _, live in self.instances]
        latencies_s = [each for each in found if each is not None]
        return ServiceHealth(
            breaker="closed" if breaker.client else breaker.acts_as,
            calls=calls,
            failed=failed,
            latency_s=sum(latencies_s) / len(latencies_s) if latencies_s else None,
        )

    def snapshot(self, now_s: float) -> ServiceSnapshot:
        cached = self.policy.cache is not None
        healthy = self._healthy.at(now_s)
        return ServiceSnapshot(
            name=self.policy.name,
            balancing=self.policy.balancing,
            panic=is_panic(healthy, len(self.instances)),
            waiting=self.stack.waits.count,
            breaker=_breaker(self.breakers.upstream, now_s),
            endpoints=tuple(
                _endpoint(live.instance, spec.weight, now_s)
                for spec, live in self.instances
            ),
            discovery=self._watch.snapshot(now_s) if self._watch else None,
            cache=_cache(self._cache_log) if cached else None,
            operations=tuple(
                self._operation(each, now_s) for each in self.policy.operations
            ),
        )

    def _operation(self, policy: OperationPolicy, now_s: float) -> OperationSnapshot:
        own = self.breakers.operations.get(policy.name)
        return OperationSnapshot(
            name=policy.name,
            calls=self.stack.calls_of[policy.name],
            breaker=_breaker(own, now_s) if own else None,
        )

    def _join(self, live: LiveInstance) -> None:
        live.join(self)
        if self._started:
            live.start()

    def _healths(self) -> Iterator[InstanceHealth]:
        return (live.instance.health for _, live in self.instances)

    def _new_watch(
        self, discovery: Discovery, dependencies: Dependencies
    ) -> InstanceWatch:
        policy = self.policy.discovery
        assert policy is not None, "it is the policy of `discovery`"
        name, kind = self.policy.name, policy.source.kind
        return InstanceWatch(
            discovery,
            self,
            removal=GradualRemoval(policy.max_removed),
            staleness=Staleness(name, kind, dependencies.sink),
            clock=dependencies.clock,
            rng=dependencies.rng,
            found=tuple(spec for spec, _ in self.instances),
        )

    def _new_selection(self, rng: Random) -> Selection:
        policy, slow_start = self.policy, self.policy.slow_start_s > 0
        balancer = new_balancer(policy.balancing, slow_start=slow_start, rng=rng)
        return Selection(self._weighted(), balancer, policy)

    def _weighted(self) -> tuple[WeightedInstance, ...]:
        """Return the instances with their weights, which plain round robin ignores."""
        weighted = self.policy.balancing != "round_robin"
        return tuple(
            WeightedInstance(
                live.instance, spec.weight if weighted else 1, self.policy.slow_start_s
            )
            for spec, live in self.instances
        )


def _breaker(breaker: FairBreaker, now_s: float) -> BreakerSnapshot:
    shown = breaker.shown(now_s)
    return BreakerSnapshot(
        state=shown.state.value,
        forced=breaker.forced.value if breaker.forced else "",
        client=breaker.client(now_s) or "",
        failures=shown.failures,
        in_state_for_s=now_s - shown.since_s,
        retry_after_s=shown.retry_after_s(now_s),
    )


def _cache(log: CacheLog) -> CacheSnapshot:
    return CacheSnapshot(counts=dict(log.counts), recent=tuple(log.recent))


def _endpoint(instance: Instance, weight: int, now_s: float) -> EndpointSnapshot:
    failed = bool(instance.last_failure)
    return EndpointSnapshot(
        url=instance.url,
        weight=weight,
        health=instance.health.status(now_s).value,
        in_flight=instance.in_flight,
        latency_s=instance.expected_latency_s(now_s),
        last_failure=instance.last_failure,
        last_failure_age_s=now_s - instance.last_failure_s if failed else None,
    )
