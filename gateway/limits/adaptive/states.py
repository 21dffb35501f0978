"""The states of a limit whose rate follows the health of a service."""

from dataclasses import dataclass, replace
from math import floor

from weir.gateway.limits.adaptive.health import ReadHealth
from weir.gateway.limits.adaptive.rate import AdaptiveRate
from weir.gateway.limits.bucket import Decision, Level, Use
from weir.gateway.limits.limiter import LimitStates, StoreCall
from weir.gateway.limits.policy import RateLimit


@dataclass(frozen=True, slots=True)
class AdaptiveStates:
    """The states of a limit; before a decision, they get the rate of the last second.

    The rate is lowered by `share`, and so is the burst, to one request at least.
    """

    states: LimitStates
    rate: AdaptiveRate
    read_health: ReadHealth

    @property
    def limit(self) -> RateLimit:
        return self.states.limit

    def adapt(self, now_s: float) -> None:
        """Follow the health of the service, at most once in a second."""
        rate = self.rate
        if rate.is_due(now_s):
            before = rate.share
            rate.observe(self.read_health(rate.observed_s, now_s), now_s)
            if rate.share != before:
                self.states.lower(lowered(self.limit, rate.share))

    def peek(self, key: bytes, now_s: float) -> Level:
        return self.states.peek(key, now_s)

    async def read(self, key: bytes, now_s: float) -> Use:
        return await self.states.read(key, now_s)

    def take(self, key: bytes, now_s: float, cost: int = 1) -> Decision | StoreCall:
        self.adapt(now_s)
        return self.states.take(key, now_s, cost)

    def refund(self, key: bytes, cost: int = 1) -> None:
        self.states.refund(key, cost)

    def lower(self, limit: RateLimit) -> None:
        self.states.lower(limit)


def lowered(limit: RateLimit, share: float) -> RateLimit:
    """Return a share of a limit. It allows one request at least after a pause."""
    burst = max(1, floor(limit.burst * share + 1e-9))
    return replace(limit, window_s=limit.window_s / share, burst=burst)
