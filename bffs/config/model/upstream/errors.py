"""The model of the errors of an upstream."""

from typing import Annotated

from pydantic import Field

from weir.bffs.config.model.section import Section
from weir.resolvers.sources.exposure import DEFAULT_CODES

_Code = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$",
        json_schema_extra={"kind": "error code", "expected": "an error code"},
    ),
]
_Key = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        json_schema_extra={"kind": "name", "expected": "a key of `extensions`"},
    ),
]


class ErrorsSection(Section):
    """GraphQL errors of the service that clients can read in production."""

    expose: list[_Code] = list(DEFAULT_CODES)
    """Codes of errors whose messages clients get; other errors keep only their code."""
    extensions: list[_Key] = []
    """Extensions that clients get of these errors, besides the code."""
