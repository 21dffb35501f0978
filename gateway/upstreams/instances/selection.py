"""Which instance the next attempt of a call goes to."""

from collections.abc import Sequence
from sys import maxsize
from typing import Final

from weir.gateway.upstreams.balancing.balancer import Balancer, Occasion
from weir.gateway.upstreams.instances.health import Standing
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.model.policy import UpstreamPolicy

_SLOWEST_START: Final = 0.1
"""The share of its weight that an instance has when it has just come back."""


class Member:
    """An instance as one policy sees it: with a weight, and a slow start.

    An instance that has come back has cold caches and no compiled code; its weight
    grows to the full over `slow_start_s`, instead of a flood at once.
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


class Selection:
    """Picks where it is best to go: healthy and untried, then healthy, then doubtful.

    One that has as many calls in flight as it may have (`max_per_instance`, 0: any
    number) is picked where no other has room; that happens to repeats alone, and while
    calls go over from instances that went, for calls wait outside for `places`.

    An instance that is down is never picked, even if all are: the answer is then
    known without waiting for it. Where less than `panic_below` of all are healthy,
    the doubtful count as healthy: a few must not be crushed by the load of many.
    """

    __slots__ = ("_balancer", "_max_per_instance", "_panic_below", "members")

    def __init__(
        self, members: Sequence[Member], balancer: Balancer, policy: UpstreamPolicy
    ) -> None:
        self.members = tuple(members)
        self._balancer = balancer
        self._panic_below = policy.health.panic_below
        self._max_per_instance = policy.concurrency.max_per_instance

    def pick(self, tried: Sequence[Instance], occasion: Occasion) -> Instance | None:
        """Return the instance of the next attempt, or None if all are down."""
        candidates = self._candidates(occasion.now_s)
        if not candidates:
            return None
        if self._max_per_instance:
            candidates = self._with_room(candidates) or candidates
        if tried:
            untried = [one for one in candidates if one.instance not in tried]
            candidates = untried or candidates
        return self._balancer.pick(candidates, occasion).instance

    def has_untried(self, tried: Sequence[Instance], now_s: float) -> bool:
        """Say whether the next pick would be of one that has not been tried."""
        candidates = self._candidates(now_s)
        if self._max_per_instance:
            candidates = self._with_room(candidates)
        return any(one.instance not in tried for one in candidates)

    def places(self, now_s: float) -> int:
        """Return how many calls the instances that may be asked may have in flight.

        Where there are none, a call need not wait to be told so.
        """
        return len(self._candidates(now_s)) * self._max_per_instance or maxsize

    def _with_room(self, candidates: Sequence[Member]) -> list[Member]:
        most = self._max_per_instance
        return [one for one in candidates if one.in_flight < most]

    def _candidates(self, now_s: float) -> list[Member]:
        healthy = self._with(now_s, (Standing.HEALTHY,))
        if healthy and len(healthy) >= self._panic_below * len(self.members):
            return healthy
        return self._with(now_s, (Standing.HEALTHY, Standing.DOUBTFUL))

    def _with(self, now_s: float, wanted: tuple[Standing, ...]) -> list[Member]:
        return [
            member
            for member in self.members
            if _standing(member.instance, now_s) in wanted
        ]


def _standing(instance: Instance, now_s: float) -> Standing:
    """Say how to treat an instance, with what it is doing right now.

    One that is back from an ejection gets one call until that succeeded: if it still
    hangs, one caller finds out, and not all of them.
    """
    health = instance.health
    if health.is_untroubled:
        return Standing.HEALTHY
    standing = health.standing(now_s)
    trying = health.on_probation and instance.in_flight > 0
    return Standing.DOUBTFUL if trying and standing is Standing.HEALTHY else standing
