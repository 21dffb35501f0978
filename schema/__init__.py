"""The schema library: it composes subgraph SDL into a supergraph.

- `compose(subgraphs)` returns `Composed` (the supergraph's SDL and hints) or `Rejected`
  (errors with codes, locations and fixes). It never raises an error for invalid SDL.
- `render_errors` and `errors_as_json` format errors. `schema.testing` is for tests.
- `schema.supergraph.api_schema.api_schema` builds the schema for clients from the
  supergraph of any composer. `schema.contracts.view` applies a contract to it.
- `schema.diff.diff` classifies the changes between two API schemas.

Its only dependency is graphql-core.
"""

from weir.schema.compose import Composed, Composition, Rejected, compose
from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.hints import Hint, Level
from weir.schema.diagnostics.locations import Location
from weir.schema.diagnostics.rendering import (
    errors_as_json,
    render_error,
    render_errors,
)
from weir.schema.subgraphs.subgraph import Subgraph

__all__ = [
    "Code",
    "Composed",
    "Composition",
    "CompositionError",
    "Hint",
    "Level",
    "Location",
    "Rejected",
    "Subgraph",
    "compose",
    "errors_as_json",
    "render_error",
    "render_errors",
]
