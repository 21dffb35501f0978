"""The choice of the instance for the next attempt of a call."""

from collections.abc import Sequence
from sys import maxsize
from typing import Final, TypeAlias

from weir.gateway.upstreams.balancing.balancer import Balancer, PickContext
from weir.gateway.upstreams.instances.health import HealthStatus
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.instances.panic import is_panic
from weir.gateway.upstreams.model.policy import UpstreamPolicy

_SLOWEST_START: Final = 0.1
"""The share of its weight that an instance has right after its recovery."""


class WeightedInstance:
    """An instance with its weight in one upstream, and a slow start.

    A recovered instance has cold caches and no compiled code. Its weight grows to the
    full one over `slow_start_s`.
    """

    __slots__ = ("_slow_start_s", "_weight", "instance", "url")

    def __init__(self, instance: Instance, weight: float, slow_start_s: float) -> None:
        self.instance = instance
        self.url = instance.url
        self._weight = weight
        self._slow_start_s = slow_start_s

    @property
    def in_flight(self) -> int:
        return self.instance.in_flight

    def expected_latency_s(self, now_s: float) -> float:
        return self.instance.expected_latency_s(now_s)

    def weight(self, now_s: float) -> float:
        since_s = now_s - self.instance.health.recovered_s
        if since_s >= self._slow_start_s:
            return self._weight
        return self._weight * max(_SLOWEST_START, since_s / self._slow_start_s)


Candidates: TypeAlias = Sequence[WeightedInstance]


class Selection:
    """The selection of instances: healthy and untried, then healthy, then ejected.

    An instance with `max_per_instance` calls in flight (0: unlimited) is picked only if
    all have as many. This happens to retries, and while instances change. Other calls
    wait for `slots` before.

    In a panic, too few instances are healthy for the load. The ejected ones are then
    treated like them. The unhealthy ones are too if there are no others: the checks may
    be wrong, and the circuit breaker limits the failures.
    """

    __slots__ = ("_balancer", "_max_per_instance", "instances")

    def __init__(
        self, instances: Candidates, balancer: Balancer, policy: UpstreamPolicy
    ) -> None:
        self.instances = tuple(instances)
        self._balancer = balancer
        self._max_per_instance = policy.concurrency.max_per_instance

    def pick(self, tried: Sequence[Instance], context: PickContext) -> Instance | None:
        """Return the instance of the next attempt, or None if there are none."""
        candidates = self._candidates(context.now_s)
        if not candidates:
            return None
        if self._max_per_instance:
            candidates = self._with_slots(candidates) or candidates
        if tried:
            untried = [one for one in candidates if one.instance not in tried]
            candidates = untried or candidates
        return self._balancer.pick(candidates, context).instance

    def has_untried(self, tried: Sequence[Instance], now_s: float) -> bool:
        """Return whether the next pick is an instance that has not been tried."""
        candidates = self._candidates(now_s)
        if self._max_per_instance:
            candidates = self._with_slots(candidates)
        return any(one.instance not in tried for one in candidates)

    def available(self, now_s: float) -> int:
        """Return the number of instances that can be picked."""
        return len(self._candidates(now_s))

    def slots(self, now_s: float) -> int:
        """Return the number of calls that the instances may have in flight together.

        It is unlimited if there are no instances, so that the call fails at once.
        """
        return len(self._candidates(now_s)) * self._max_per_instance or maxsize

    def _with_slots(self, candidates: Candidates) -> Candidates:
        most = self._max_per_instance
        return [one for one in candidates if one.in_flight < most]

    def _candidates(self, now_s: float) -> Candidates:
        for one in self.instances:
            if one.instance.health.is_impaired:
                return self._usable(now_s)
        return self.instances

    def _usable(self, now_s: float) -> Candidates:
        healthy = self._with_status(now_s, (HealthStatus.HEALTHY,))
        if not is_panic(len(healthy), len(self.instances)):
            return healthy
        usable = (HealthStatus.HEALTHY, HealthStatus.EJECTED)
        return self._with_status(now_s, usable) or self.instances

    def _with_status(
        self, now_s: float, accepted: tuple[HealthStatus, ...]
    ) -> Candidates:
        return [
            one for one in self.instances if _status(one.instance, now_s) in accepted
        ]


def _status(instance: Instance, now_s: float) -> HealthStatus:
    """Return the status of an instance, given the calls that it has in flight.

    After an ejection it gets one call at a time until one succeeds: if the instance
    still hangs, only that call is affected.
    """
    health = instance.health
    status = health.status(now_s)
    is_tried = health.on_probation and instance.in_flight > 0
    if is_tried and status is HealthStatus.HEALTHY:
        return HealthStatus.EJECTED
    return status
