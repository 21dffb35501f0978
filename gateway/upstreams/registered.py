"""A registered upstream: one policy over live instances and a breaker."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.upstreams.balancing.choice import new_balancer
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.instances.health import Standing
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.instances.live import LiveInstance
from weir.gateway.upstreams.instances.selection import Member, Selection
from weir.gateway.upstreams.instances.watch import InstanceWatch
from weir.gateway.upstreams.middleware.breaker.breaker import Breaker
from weir.gateway.upstreams.middleware.breaker.breakers import Breakers
from weir.gateway.upstreams.middleware.cache.log import CacheLog
from weir.gateway.upstreams.middleware.discovery_wait import Discovering
from weir.gateway.upstreams.model.policy import (
    Balancing,
    OperationPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream
from weir.gateway.upstreams.snapshot import (
    BreakerSnapshot,
    CacheSnapshot,
    EndpointSnapshot,
    OperationSnapshot,
    ServiceSnapshot,
)
from weir.gateway.upstreams.stack import Parts, build_stack
from weir.gateway.upstreams.streaming import DiscoveredStreams

NewInstance: TypeAlias = Callable[[str], LiveInstance]
"""Makes the live instance at a url; one that lives already is the caller's to find."""

Places: TypeAlias = tuple[tuple[InstanceSpec, LiveInstance], ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an upstream begins with: what lived before it, and how to get more."""

    places: Places
    breakers: Breakers
    new_instance: NewInstance
    discovery: Discovery | None


class RegisteredUpstream:
    """Shared by the generations that have the same policy for it."""

    def __init__(
        self, policy: UpstreamPolicy, beginning: Beginning, dependencies: Dependencies
    ) -> None:
        self.policy = policy
        self.places = beginning.places
        self.breakers = beginning.breakers
        self._new_instance = beginning.new_instance
        self._cache_log = CacheLog(policy.name, dependencies.clock, dependencies.sink)
        self._generations = 1
        self._started = False
        self._rng = dependencies.rng
        self._selections: dict[Balancing, Selection] = {}
        parts = Parts(self._selection_by, self.breakers, self._cache_log)
        stack = build_stack(policy, parts, dependencies)
        self._calls_of = stack.calls_of
        self.stack: Upstream = stack.calls
        self.streams: StreamingUpstream = stack.streams
        self._watch: InstanceWatch | None = None
        if beginning.discovery is not None:
            watch = InstanceWatch(
                beginning.discovery, self.set_instances, dependencies.rng
            )
            watch.found = tuple(spec for spec, _ in self.places)
            self.stack = found = Discovering(self.stack, watch, dependencies.clock)
            self.streams = DiscoveredStreams(self.streams, found)
            self._watch = watch
        for _, live in self.places:
            live.join(self)

    def recovered(self, now_s: float) -> None:
        """An instance is back: find out whether the service is."""
        self.breakers.probe_early(now_s)

    def may_eject(self, now_s: float) -> bool:
        """Say whether one more instance may be out; one may in any case."""
        standings = [live.instance.health.standing(now_s) for _, live in self.places]
        out = sum(standing is not Standing.HEALTHY for standing in standings)
        most = self.policy.health.max_ejected_share * len(standings)
        return not out or out + 1 <= most

    def start(self) -> None:
        """Begin what runs behind: health checks, and the watch for instances."""
        self._started = True
        for _, live in self.places:
            live.start()
        if self._watch is not None:
            self._watch.start()

    def share(self) -> "RegisteredUpstream":
        """Take part in one more generation."""
        self._generations += 1
        return self

    async def release(self) -> None:
        """Leave a generation; with the last one, leave the instances."""
        self._generations -= 1
        if self._generations:
            return
        if self._watch is not None:
            await self._watch.stop()
        await asyncio.gather(*(live.leave(self) for _, live in self.places))

    def abandon(self) -> None:
        """Leave a generation that never started: there is nothing to close."""
        self._generations -= 1
        if not self._generations:
            for _, live in self.places:
                live.part(self)

    async def set_instances(self, specs: tuple[InstanceSpec, ...]) -> None:
        """Go over to these instances; those that stay keep all that is known of them.

        Calls in flight on one that goes end as they would have.
        """
        before = {spec.url: live for spec, live in self.places}
        self.places = tuple(
            (
                spec,
                before.pop(spec.url) if spec.url in before else self._join(spec.url),
            )
            for spec in specs
        )
        for balancing, selection in self._selections.items():
            selection.members = self._members(balancing)
        for gone in before.values():
            await gone.leave(self)

    def snapshot(self, now_s: float) -> ServiceSnapshot:
        cached = self.policy.cache is not None
        return ServiceSnapshot(
            name=self.policy.name,
            balancing=self.policy.balancing,
            breaker=_breaker(self.breakers.upstream, now_s),
            endpoints=tuple(
                _endpoint(live.instance, spec.weight, now_s)
                for spec, live in self.places
            ),
            cache=_cache(self._cache_log) if cached else None,
            operations=tuple(
                self._operation(each, now_s) for each in self.policy.operations
            ),
        )

    def _operation(self, policy: OperationPolicy, now_s: float) -> OperationSnapshot:
        own = self.breakers.operations.get(policy.name)
        return OperationSnapshot(
            name=policy.name,
            calls=self._calls_of[policy.name],
            balancing=policy.balancing or self.policy.balancing,
            breaker=_breaker(own, now_s) if own else None,
        )

    def _join(self, url: str) -> LiveInstance:
        live = self._new_instance(url)
        live.join(self)
        if self._started:
            live.start()
        return live

    def _selection_by(self, balancing: Balancing) -> Selection:
        if balancing not in self._selections:
            slow_start = self.policy.slow_start_s > 0
            balancer = new_balancer(balancing, slow_start=slow_start, rng=self._rng)
            members = self._members(balancing)
            self._selections[balancing] = Selection(members, balancer, self.policy)
        return self._selections[balancing]

    def _members(self, balancing: Balancing) -> tuple[Member, ...]:
        """Give each instance its weight; plain round robin has none."""
        weighted = balancing != "round_robin"
        return tuple(
            Member(
                live.instance, spec.weight if weighted else 1, self.policy.slow_start_s
            )
            for spec, live in self.places
        )


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
