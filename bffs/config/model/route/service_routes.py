"""The section of the routes that services have by their names."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from weir.bffs.config.model.identity import Access, AccessSection
from weir.bffs.config.model.section import Section


def _as_section(value: Any) -> Any:
    return {} if value is True else value


class ServiceRoutesSection(Section):
    """A route `/{service}/*` for each upstream that is not a subgraph.

    The service gets the path after its name. `true` means this section with its
    defaults.
    """

    access: Access = AccessSection()
    """Callers that may use them, as `access` of a route."""


ServiceRoutes = Annotated[
    ServiceRoutesSection,
    BeforeValidator(
        _as_section, json_schema_input_type=Literal[True] | ServiceRoutesSection
    ),
]
