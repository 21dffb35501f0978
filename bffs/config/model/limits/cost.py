"""The model of what operations cost, and may cost."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, RequestRate
from weir.bffs.config.model.values.texts import Name
from weir.resolvers.cost.limit import DEFAULT_LIST_SIZE

_Weight = Annotated[int, Field(ge=0, le=1_000_000)]
_Length = Annotated[int, Field(ge=0, le=1_000_000)]


class CostSection(Section):
    """Weights and list sizes of the graph, beside those of `@cost` and `@listSize`."""

    list_size: Count = DEFAULT_LIST_SIZE
    """Assumed number of items of a list without a size of its own."""
    weights: dict[str, _Weight] = {}
    """Weights by coordinate: a type (`Product`), a field or input field
    (`Product.reviews`), or an argument (`Query.products(filter:)`)."""
    list_sizes: dict[str, _Length] = {}
    """Assumed numbers of items by field, such as `Product.reviews`."""


CostMode = Literal["enforce", "measure"]


class CostLimitSection(Section):
    """Largest estimated cost of an operation."""

    maximum: Count
    """Largest cost; operations above it are rejected."""
    mode: CostMode = "enforce"
    """`measure` rejects nothing, and logs each operation above `maximum`."""


class PlanCostSection(Section):
    """Costs of operations of the callers of a plan."""

    maximum: Count | None = None
    """Largest cost of one operation, in place of that of the façade."""
    mode: CostMode = "enforce"
    """`measure` rejects no operation above `maximum`, and logs it."""
    budget: RequestRate | None = None
    """Cost of all operations per time, such as `5000 per 1m`."""

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        if self.maximum is None and self.budget is None:
            message = "expected `maximum`, `budget` or both"
            raise ValueError(message)
        if self.maximum is None and self.mode != "enforce":
            message = "`mode` has no effect without `maximum`"
            raise ValueError(message)
        return self


class FacadeCostSection(Section):
    """Largest estimated cost of an operation."""

    maximum: Count | None = None
    """Largest cost; operations above it are rejected."""
    mode: CostMode = "enforce"
    """`measure` rejects nothing, and logs each operation above `maximum`."""
    subgraphs: dict[Name, CostLimitSection] = {}
    """Largest cost of the part of an operation that one subgraph resolves."""
    report: bool | None = None
    """Return the costs as `extensions.cost` of GraphQL responses; by default in
    development mode only."""

    @model_validator(mode="after")
    def _check_maximum(self) -> Self:
        if self.mode == "enforce" and self.maximum is None and not self.subgraphs:
            message = "expected `maximum`, `subgraphs`, or `mode: measure`"
            raise ValueError(message)
        return self
