"""The section of a route with a fixed response."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import HeaderName, HeaderValue
from weir.gateway.upstreams.model.header_rules import may_be_set

# RFC 9110 §15.3.5, §15.3.6, §15.4.5.
_NO_BODY: Final = (204, 205, 304)


def _field_name(value: str) -> str:
    if not may_be_set(value.lower().encode()) and value.lower() != "content-type":
        message = "the gateway writes this header field itself"
        raise ValueError(message)
    return value


class RespondSection(Section):
    """A fixed response."""

    status: Annotated[int, Field(ge=200, le=599)] = 200
    headers: dict[Annotated[HeaderName, AfterValidator(_field_name)], HeaderValue] = {}
    """Header fields; `content-type` is `text/plain` by default."""
    body: str = ""

    @model_validator(mode="after")
    def _check_body(self) -> Self:
        if self.body and self.status in _NO_BODY:
            message = f"a response with status {self.status} has no body"
            raise ValueError(message)
        return self
