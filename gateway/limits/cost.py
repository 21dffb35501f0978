"""Limits of what operations cost: of each one, and of all that a caller runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from weir.gateway.clock import Clock
from weir.gateway.context import Identity, RequestContext
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.limiter import LimitStates, RateLimiter
from weir.gateway.limits.plans import Plans
from weir.gateway.limits.policy import CostLimit
from weir.gateway.limits.refusals import report_refusal


@dataclass(frozen=True, slots=True)
class CostCharge:
    """The estimated cost of an operation, which was taken from its limits."""

    limiter: RateLimiter
    caller: Caller
    estimated: int

    def settle(self, actual: int) -> None:
        """Give back what the estimate was too high."""
        if actual < self.estimated:
            self.limiter.refund(self.caller, self.estimated - actual)


class CostLimiter:
    """The limits of a façade's operations, and those of its plans.

    `limit` is that of one operation, unless the plan of the caller has one. `states`
    are those of limits in the unit of costs.
    """

    __slots__ = ("_clock", "_limit", "_limiter", "_of_plans", "_plans")

    def __init__(
        self,
        limit: CostLimit,
        states: Iterable[LimitStates],
        plans: Plans | None,
        clock: Clock,
    ) -> None:
        own = tuple(states)
        limiters = plans.limiters.values() if plans else ()
        self._limit = limit
        self._plans = plans
        self._clock = clock
        self._limiter = RateLimiter(own)
        self._of_plans = {
            each.plan.name: RateLimiter((*own, *each.budget)) for each in limiters
        }

    def limit(self, identity: Identity) -> CostLimit:
        """Return the limit of one operation of a caller."""
        plan = self._plans.find(identity) if self._plans else None
        return self._limit if plan is None or plan.plan.cost is None else plan.plan.cost

    async def charge(self, context: RequestContext, cost: int) -> CostCharge | None:
        """Take the estimated cost of an operation from its limits.

        Return None if there are no limits of all operations. Raises RateLimited.
        """
        identity = context.identity
        plan = self._plans.find(identity) if self._plans else None
        limiter = self._of_plans[plan.plan.name] if plan else self._limiter
        if not limiter.limits:
            return None
        name = plan.plan.name if plan else ""
        caller = Caller(context.client_address, context.client_headers, identity, name)
        try:
            waiting = limiter.take(caller, self._clock.monotonic_s(), cost)
            if waiting is not None:
                await waiting
        except RateLimited as error:
            report_refusal(context.sink, error, caller)
            raise
        return CostCharge(limiter, caller, cost)
