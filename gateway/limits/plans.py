"""The plans of a façade: which of them a caller has, and what is left of it."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from weir.gateway.claim_path import claim_at
from weir.gateway.context import Identity
from weir.gateway.limits.bucket import Level, Use
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import PlanUnknown, RateLimited
from weir.gateway.limits.limiter import LimitBuckets, RateLimiter
from weir.gateway.limits.policy import Plan, RateLimit

PlanOf: TypeAlias = Callable[[Identity], str]
"""Return the name of a caller's plan, or "" without a known plan."""


class PlanLimiter:
    """The limits of one plan; `budget` are the states of that for costs, if any."""

    __slots__ = ("_beyond", "_described", "_limiter", "budget", "plan")

    def __init__(self, plan: Plan, buckets: LimitBuckets) -> None:
        self.plan = plan
        counted = [buckets[each] for each in (*plan.rates, *plan.quotas)]
        self.budget = () if plan.budget is None else (buckets[plan.budget],)
        self._limiter = RateLimiter(counted)
        self._described = RateLimiter((*counted, *self.budget))
        self._beyond = (
            RateLimiter(buckets[each] for each in (*plan.rates, plan.beyond))
            if plan.beyond
            else None
        )

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        """The rates, quotas and the budget, in the order of `peek`."""
        return self._described.limits

    def take(self, caller: Caller, now_s: float) -> Coroutine[Any, Any, None] | None:
        """Take a token of each limit, or of `beyond` for quotas; raise RateLimited.

        Return a coroutine with this outcome if a shared store has to decide.
        """
        try:
            waiting = self._limiter.take(caller, now_s)
        except RateLimited as error:
            return self._take_beyond(error, caller, now_s)
        if waiting is None or self._beyond is None:
            return waiting
        return self._decided(waiting, caller, now_s)

    async def _decided(
        self, waiting: Coroutine[Any, Any, None], caller: Caller, now_s: float
    ) -> None:
        try:
            await waiting
        except RateLimited as error:
            beyond = self._take_beyond(error, caller, now_s)
            if beyond is not None:
                await beyond

    def _take_beyond(
        self, error: RateLimited, caller: Caller, now_s: float
    ) -> Coroutine[Any, Any, None] | None:
        if self._beyond is None or error.limit not in self.plan.quotas:
            raise error
        return self._beyond.take(caller, now_s)

    async def read(self, caller: Caller, now_s: float) -> list[Use]:
        """Return the use of each of `limits`, also where a shared store has it."""
        return await self._described.read(caller, now_s)

    def peek(self, caller: Caller, now_s: float) -> list[Level]:
        """Return the state of each of `limits`, as far as this process knows it."""
        return self._described.peek(caller, now_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """The plans by name, and the choice of one.

    A caller has the plan that `claim` names, or `default` without this claim.
    """

    limiters: Mapping[str, PlanLimiter]
    claim: str
    default: str | None

    @property
    def limit_costs(self) -> bool:
        """Whether a plan has a limit of costs."""
        plans = (each.plan for each in self.limiters.values())
        return any(each.budget or each.cost for each in plans)

    def find(self, identity: Identity) -> PlanLimiter | None:
        """Return the limits of a caller, or None without a known plan."""
        named = claim_at(identity.claims, self.claim)
        name = self.default if named is None else named
        return self.limiters.get(name) if isinstance(name, str) else None

    def name(self, identity: Identity) -> str:
        """Return the name of the plan of a caller, or "" without a known plan."""
        limiter = self.find(identity)
        return "" if limiter is None else limiter.plan.name

    def take(self, caller: Caller, now_s: float) -> Coroutine[Any, Any, None] | None:
        """Take a token of the plan of a caller; raise PlanUnknown and RateLimited.

        Return a coroutine with this outcome if a shared store has to decide.
        """
        return self.require(caller.identity).take(caller, now_s)

    def require(self, identity: Identity) -> PlanLimiter:
        """Return the limits of a caller; raise PlanUnknown."""
        limiter = self.find(identity)
        if limiter is None:
            raise PlanUnknown(self.claim)
        return limiter


def plan_of_limits(limits: Iterable[RateLimit], plans: Plans | None) -> PlanOf:
    """Return the function for the keys of limits; those without plans need no name."""
    if plans is not None and any(each.key.needs_plan for each in limits):
        return plans.name
    return _no_plan


def _no_plan(_: Identity) -> str:
    return ""
