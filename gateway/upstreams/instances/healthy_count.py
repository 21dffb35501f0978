"""The number of healthy instances of an upstream, without looking at each of them.

An ejection ends by itself, at its time. So the times until which instances are not
healthy are in a heap, and the passed ones are removed for each count. The work is in
proportion to the changes, and not to the instances.
"""

from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count
from math import inf

from weir.gateway.upstreams.instances.health import InstanceHealth


class HealthyCount:
    """The count of the healthy ones of `instances`, some of which may be there twice.

    `update` has to be called for each change of their health.
    """

    __slots__ = ("_ends", "_instances", "_order", "_total", "_unhealthy", "_until_s")

    def __init__(self, instances: Iterable[InstanceHealth]) -> None:
        self._order = count()
        self.replace(instances)

    def replace(self, instances: Iterable[InstanceHealth]) -> None:
        """Count other instances from now on."""
        self._instances = Counter(instances)
        self._total = self._instances.total()
        self._unhealthy = 0
        self._until_s: dict[InstanceHealth, float] = {}
        self._ends: list[tuple[float, int, InstanceHealth]] = []
        for each in self._instances:
            self.update(each)

    def update(self, health: InstanceHealth) -> None:
        """Follow a change of one instance; that of another one has no effect."""
        until_s = health.unhealthy_until_s
        if health not in self._instances or self._until_s.get(health) == until_s:
            return
        if health not in self._until_s:
            self._unhealthy += self._instances[health]
        self._until_s[health] = until_s
        if until_s < inf:
            heappush(self._ends, (until_s, next(self._order), health))

    def at(self, now_s: float) -> int:
        """Return the number of healthy instances."""
        while self._ends and self._ends[0][0] <= now_s:
            end_s, _, health = heappop(self._ends)
            if self._until_s.get(health) == end_s:
                del self._until_s[health]
                self._unhealthy -= self._instances[health]
        return self._total - self._unhealthy
