"""The model of the rules for failing fields of a façade."""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration


class DegradedSection(Section):
    """The value of a field that fails, in place of null."""

    value: Any = None
    """This value: a scalar, an enum value, or a list of these."""
    stale: Duration | None = None
    """Its value in the last response that the cache of its service has, if that expired
    within this time; needs `cache` of the upstream."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        given = self.model_fields_set & {"value", "stale"}
        if len(given) != 1 or getattr(self, *given) is None:
            message = "expected one of `value` and `stale`, `empty` or `fail`"
            raise ValueError(message)
        return self


def _not_null(value: Any) -> Any:
    if value is None or value == "null":
        message = "null is what a failing field is without a rule"
        raise ValueError(message)
    return value


DegradedRule: TypeAlias = Annotated[
    Literal["empty", "fail"] | DegradedSection, BeforeValidator(_not_null)
]
"""`empty` is an empty list, `fail` fails the whole response."""
