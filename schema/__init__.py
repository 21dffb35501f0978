"""What the graph is: SDL in, supergraph out. Depends on graphql-core alone."""

from schema.compose import Composed, Composition, Rejected, compose
from schema.errors import Code, CompositionError, Place
from schema.hints import Hint, Level
from schema.rendering import errors_as_json, render_error, render_errors
from schema.subgraph import Subgraph

__all__ = [
    "Code",
    "Composed",
    "Composition",
    "CompositionError",
    "Hint",
    "Level",
    "Place",
    "Rejected",
    "Subgraph",
    "compose",
    "errors_as_json",
    "render_error",
    "render_errors",
]
