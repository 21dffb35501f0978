"""The model of plans, and of how a façade chooses one."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from weir.bffs.config.model.limits.cost import PlanCostSection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, Rate, RequestRate
from weir.bffs.config.model.values.texts import Name

RATE: Final = "rate"
BEYOND: Final = "beyond"
BUDGET: Final = "budget"
_OWN_NAMES: Final = frozenset({RATE, BEYOND, BUDGET})


def _quota_name(value: str) -> str:
    if value in _OWN_NAMES:
        message = f"a quota cannot have the name of another limit, {value!r}"
        raise ValueError(message)
    return value


class PlanSection(Section):
    """Limits of each caller of a plan: owner of API keys, or user of tokens."""

    rate: RequestRate | None = None
    """Requests per time, such as `10 per 1s`."""
    burst: Count | None = None
    """Requests that may come at once after a pause; by default the number of `rate`."""
    quotas: dict[Annotated[Name, AfterValidator(_quota_name)], RequestRate] = {}
    """Requests per long time by name, such as `day: "10000 per 1d"`."""
    beyond: RequestRate | None = None
    """Requests per time that pass beyond a quota; by default none."""

    cost: PlanCostSection | None = None

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        if self.burst is not None and self.rate is None:
            message = "`burst` has no effect without `rate`"
            raise ValueError(message)
        if self.beyond is not None:
            self._check_beyond(self.beyond)
        return self

    def _check_beyond(self, beyond: Rate) -> None:
        if not self.quotas:
            message = "`beyond` has no effect without `quotas`"
            raise ValueError(message)
        if self.rate is not None and beyond.per_s >= self.rate.per_s:
            message = "`beyond` has to be slower than `rate`"
            raise ValueError(message)


class FacadePlanSection(Section):
    """The choice of the plan of a caller."""

    claim: Annotated[str, Field(min_length=1, max_length=256)] = "plan"
    """Claim of a credential that names the plan; paths such as `customer.plan`. The
    plan of an API key is its claim `plan`."""
    default: Name | None = None
    """Plan of callers without the claim; by default they are rejected."""
