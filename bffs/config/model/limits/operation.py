"""The model of the limits of operations and of their responses."""

from typing import Literal, Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, Size
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.response_limits import DEFAULT_RESPONSE_LIMITS

OF_DOCUMENTS = ("depth", "fields", "aliases", "tokens")
OF_RESPONSES = ("response", "response_items", "response_depth")


class LimitsSection(Section):
    """Largest size of a document, checked before it is validated, and of a response."""

    depth: Count = DEFAULT_LIMITS.depth
    """Maximum depth of nested fields."""
    fields: Count = DEFAULT_LIMITS.fields
    """Maximum number of fields, and of fragments, counted wherever they are spread."""
    aliases: Count = DEFAULT_LIMITS.aliases
    """Maximum number of aliases, counted wherever they are spread."""
    tokens: Count = DEFAULT_LIMITS.tokens
    """Maximum number of tokens; ten times as many with fragments written out wherever
    they are spread."""
    response: Size = DEFAULT_RESPONSE_LIMITS.size_bytes
    """Maximum size of a response, about; `RESPONSE_TOO_LARGE` (422) beyond it."""


class FacadeLimitsSection(Section):
    """Limits of the operations of this façade, below those of `limits`."""

    mode: Literal["enforce", "measure"] = "enforce"
    """`measure` rejects no operation or response beyond these limits, and logs it.
    Those beyond `limits` are rejected."""
    depth: Count | None = None
    """Maximum depth of nested fields."""
    fields: Count | None = None
    """Maximum number of fields, and of fragments, counted wherever they are spread."""
    aliases: Count | None = None
    """Maximum number of aliases, counted wherever they are spread."""
    tokens: Count | None = None
    """Maximum number of tokens."""
    response: Size | None = None
    """Maximum size of a response, about; `RESPONSE_TOO_LARGE` (422) beyond it and the
    next two."""
    response_items: Count | None = None
    """Maximum number of items of each list in a response."""
    response_depth: Count | None = None
    """Maximum depth of objects and lists in a response; `data` is the first level."""

    @model_validator(mode="after")
    def _check_mode(self) -> Self:
        limits = (*OF_DOCUMENTS, *OF_RESPONSES)
        has_limit = any(getattr(self, each) is not None for each in limits)
        if self.mode == "measure" and not has_limit:
            names = ", ".join(f"`{each}`" for each in limits)
            message = f"`mode: measure` has no effect without one of {names}"
            raise ValueError(message)
        return self
