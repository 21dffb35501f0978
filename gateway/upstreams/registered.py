"""A registered upstream: one policy over live instances and a breaker."""

from collections.abc import Iterator
from random import Random

from gateway.upstreams.balancing.balancer import Balancer
from gateway.upstreams.balancing.choice import new_balancer
from gateway.upstreams.breaker import Breaker
from gateway.upstreams.caching.log import CacheLog
from gateway.upstreams.instance import Instance
from gateway.upstreams.live import LiveInstance
from gateway.upstreams.policy import UpstreamPolicy
from gateway.upstreams.runtime import Runtime
from gateway.upstreams.selection import Member, Selection
from gateway.upstreams.snapshot import (
    BreakerSnapshot,
    CacheSnapshot,
    EndpointSnapshot,
    ServiceSnapshot,
)
from gateway.upstreams.stack import Parts, build_stack


class RegisteredUpstream:
    """Shared by the generations that have the same policy for it."""

    def __init__(
        self,
        policy: UpstreamPolicy,
        live: tuple[LiveInstance, ...],
        breaker: Breaker,
        runtime: Runtime,
    ) -> None:
        self.policy = policy
        self.live = live
        self.breaker = breaker
        selection = Selection(_members(policy, live), _balancer(policy, runtime.rng))
        self.cache_log = CacheLog()
        parts = Parts(selection, breaker, self.cache_log)
        self.stack = build_stack(policy, parts, runtime)
        self._generations = 1
        for one in live:
            one.join(breaker)

    def share(self) -> "RegisteredUpstream":
        """Take part in one more generation."""
        self._generations += 1
        return self

    async def release(self) -> None:
        """Leave a generation; with the last one, leave the instances."""
        self._generations -= 1
        if not self._generations:
            for one in self.live:
                await one.leave(self.breaker)

    def snapshot(self, now_s: float) -> ServiceSnapshot:
        endpoints = (
            _endpoint(one.instance, spec.weight, now_s)
            for spec, one in zip(self.policy.instances, self.live, strict=True)
        )
        return ServiceSnapshot(
            name=self.policy.name,
            balancing=self.policy.balancing,
            breaker=_breaker(self.breaker, now_s),
            endpoints=tuple(endpoints),
            cache=_cache(self.cache_log) if self.policy.cache else None,
        )


def _members(
    policy: UpstreamPolicy, live: tuple[LiveInstance, ...]
) -> Iterator[Member]:
    """Give each instance its weight; plain round robin has none."""
    weighted = policy.balancing != "round_robin"
    for spec, one in zip(policy.instances, live, strict=True):
        weight = spec.weight if weighted else 1
        yield Member(one.instance, weight, policy.slow_start_s)


def _balancer(policy: UpstreamPolicy, rng: Random) -> Balancer:
    slow_start = policy.slow_start_s > 0
    return new_balancer(policy.balancing, slow_start=slow_start, rng=rng)


def _breaker(breaker: Breaker, now_s: float) -> BreakerSnapshot:
    return BreakerSnapshot(
        state=breaker.state.value,
        forced=breaker.forced.value if breaker.forced else "",
        failures=breaker.failures,
        in_state_for_s=now_s - breaker.since_s,
        retry_after_s=breaker.retry_after_s(now_s),
    )


def _cache(log: CacheLog) -> CacheSnapshot:
    return CacheSnapshot(counts=dict(log.counts), recent=tuple(log.recent))


def _endpoint(instance: Instance, weight: int, now_s: float) -> EndpointSnapshot:
    failed = bool(instance.last_failure)
    return EndpointSnapshot(
        url=instance.url,
        weight=weight,
        health=instance.health.standing(now_s).value,
        in_flight=instance.in_flight,
        latency_s=instance.expected_latency_s(now_s),
        last_failure=instance.last_failure,
        last_failure_age_s=now_s - instance.last_failure_s if failed else None,
    )
