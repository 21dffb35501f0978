"""Which instance the next attempt of a call goes to."""

from collections.abc import Sequence

from gateway.upstreams.balancing.balancer import Balancer
from gateway.upstreams.health import Standing
from gateway.upstreams.instance import Instance


class Selection:
    """Picks where it is best to go: healthy and untried, then healthy, then doubtful.

    An instance that is down is never picked, even if all are: the answer is then
    known without waiting for it.
    """

    __slots__ = ("_balancer", "_instances")

    def __init__(self, instances: Sequence[Instance], balancer: Balancer) -> None:
        self._instances = tuple(instances)
        self._balancer = balancer

    def pick(self, tried: Sequence[Instance], now_s: float) -> Instance | None:
        """Return the instance of the next attempt, or None if all are down."""
        healthy = self._standing(Standing.HEALTHY, now_s)
        if tried:
            untried = [instance for instance in healthy if instance not in tried]
            healthy = untried or healthy
        candidates = healthy or self._standing(Standing.DOUBTFUL, now_s)
        return self._balancer.pick(candidates, now_s) if candidates else None

    def has_untried(self, tried: Sequence[Instance], now_s: float) -> bool:
        """Say whether a healthy instance is left that has not been tried."""
        healthy = self._standing(Standing.HEALTHY, now_s)
        return any(instance not in tried for instance in healthy)

    def _standing(self, wanted: Standing, now_s: float) -> list[Instance]:
        return [
            instance
            for instance in self._instances
            if instance.health.standing(now_s) is wanted
        ]
