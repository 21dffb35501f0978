"""The section of the validation of a route's requests."""

from typing import Any, Literal, Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Size
from weir.bffs.config.model.values.texts import FileName

ValidationMode = Literal["enforce", "measure", "off"]


class ValidationModesSection(Section):
    """The effect of violations, for each part of a request, and for the response.

    `enforce` rejects the message, `measure` only writes them to the log.
    """

    path: ValidationMode = "enforce"
    query: ValidationMode = "enforce"
    headers: ValidationMode = "enforce"
    cookies: ValidationMode = "enforce"
    body: ValidationMode = "enforce"
    response: ValidationMode = "off"
    """Header fields and body of the response, by the `responses` of the operation; one
    that is rejected becomes 502."""


class ValidationSection(Section):
    """Validation of requests before any service is called."""

    openapi: FileName | None = None
    """File with a description of the service in OpenAPI 3.0 or 3.1. Its paths are those
    that the service gets."""
    operation: dict[str, Any] | None = None
    """An operation as in OpenAPI 3.1, for all requests of the route: `parameters`,
    `requestBody` and `responses`. Its schemas have no references."""
    undescribed: Literal["reject", "pass"] = "reject"
    """Requests without an operation in `openapi`: respond with 404 or 405, or let them
    pass."""
    modes: ValidationModesSection = ValidationModesSection()
    max_size: Size = 1024 * 1024
    """Largest body that is validated."""

    @property
    def checks_responses(self) -> bool:
        """Whether responses are validated."""
        return self.modes.response != "off"

    @model_validator(mode="after")
    def _check_operation(self) -> Self:
        if self.operation is None:
            return self
        if self.openapi is not None:
            message = "expected either `openapi` or `operation`"
            raise ValueError(message)
        if "undescribed" in self.model_fields_set:
            message = "`undescribed` is only used with `openapi`"
            raise ValueError(message)
        return self

    def check_source(self) -> None:
        """Raise ValueError for rules without a source."""
        if self.openapi is None and self.operation is None:
            message = "validation: expected either `openapi` or `operation`"
            raise ValueError(message)

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        if self.operation is None:
            return self
        if self.checks_responses and "responses" not in self.operation:
            message = "`modes.response` has no effect without `operation.responses`"
            raise ValueError(message)
        if set(self.modes.model_dump().values()) == {"off"}:
            message = "has no effect, because all `modes` are off"
            raise ValueError(message)
        return self
