"""The model of named policies."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration
from weir.bffs.config.model.values.texts import HeaderName, ObjectReference

DEFAULT_TIMEOUT_S: Final = 0.1


class PolicySection(Section):
    """A condition on callers and requests; one that is not decided is denied."""

    cel: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Expression in CEL over `identity`, `request` and `variables`."""
    python: ObjectReference | None = None
    """Function that returns the decision, as `package.module:name`; sync or async."""
    timeout: Duration | None = None
    """Time limit of the function; 100 ms by default."""
    headers: list[HeaderName] = []
    """Header fields of the client that the policy may read."""

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if (self.cel is None) == (self.python is None):
            message = "expected either `cel` or `python`"
            raise ValueError(message)
        if self.cel is not None and self.timeout is not None:
            message = "`timeout` is only used with `python`"
            raise ValueError(message)
        return self
