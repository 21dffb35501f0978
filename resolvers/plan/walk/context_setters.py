"""The ancestor of a position that sets a context."""

from dataclasses import dataclass

from weir.resolvers.plan.walk.positions import Position
from weir.schema.graph.graph import Graph


@dataclass(frozen=True, slots=True)
class ContextSetter:
    """A position that sets a context, and its types that lead further down."""

    position: Position
    types: frozenset[str]


def context_setter(
    graph: Graph, position: Position, context: str
) -> ContextSetter | None:
    """Return the nearest ancestor of a position that sets a context, or None."""
    child = position
    while child.parent is not None:
        if graph.sets_context(child.owner_types, context):
            return ContextSetter(child.parent, child.owner_types)
        child = child.parent
    return None
