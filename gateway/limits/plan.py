"""A plan: the limits of callers whose verified credential names it."""

from dataclasses import dataclass

from weir.gateway.limits.policy import CostLimit, RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of one plan, each of them for each caller.

    A request has to pass `rates` and `quotas`. Beyond a quota, it passes if `beyond`
    allows it, and is rejected if there is no such limit. `budget` is for the cost of
    all operations, and `cost` for that of each.
    """

    name: str
    rates: tuple[RateLimit, ...] = ()
    quotas: tuple[RateLimit, ...] = ()
    beyond: RateLimit | None = None
    budget: RateLimit | None = None
    cost: CostLimit | None = None

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        """All limits with a time."""
        single = [each for each in (self.beyond, self.budget) if each is not None]
        return (*self.rates, *self.quotas, *single)
