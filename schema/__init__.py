"""What the graph is: SDL in, supergraph out. Depends on graphql-core alone.

- `compose(subgraphs)` answers `Composed` (the supergraph's SDL, hints) or `Rejected`
  (errors with codes, locations and ways out); it never raises for what is in the SDL.
- `render_errors` and `errors_as_json` show errors; `schema.testing` is for tests.
- `schema.supergraph.api_schema.api_schema` is what clients see of any composer's
  supergraph, `schema.contracts.view` what a contract leaves of that.
- `schema.diff.diff` says what a change of it means for clients.
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
