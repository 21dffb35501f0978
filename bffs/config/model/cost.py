"""The model of what operations cost, and may cost."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count
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


class FacadeCostSection(Section):
    """Largest estimated cost of an operation."""

    maximum: Count | None = None
    """Largest cost; operations above it are rejected."""
    mode: Literal["enforce", "measure"] = "enforce"
    """`measure` rejects nothing, and logs each operation above `maximum`."""
    report: bool | None = None
    """Return the costs as `extensions.cost` of GraphQL responses; by default in
    development mode only."""

    @model_validator(mode="after")
    def _check_maximum(self) -> Self:
        if self.mode == "enforce" and self.maximum is None:
            message = "expected `maximum`, or `mode: measure`"
            raise ValueError(message)
        return self
