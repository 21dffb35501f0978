"""A plan: the limits of callers whose verified credential names it."""

from dataclasses import dataclass

from weir.gateway.limits.policy import RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of one plan, each of them for each caller.

    A request has to pass `rates` and `quotas`. Beyond a quota, it passes if `beyond`
    allows it, and is rejected if there is no such limit.
    """

    name: str
    rates: tuple[RateLimit, ...] = ()
    quotas: tuple[RateLimit, ...] = ()
    beyond: RateLimit | None = None

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        """All limits."""
        beyond = () if self.beyond is None else (self.beyond,)
        return (*self.rates, *self.quotas, *beyond)
