"""@inaccessible must leave a valid schema: see `schema.visibility`."""

from collections.abc import Iterator

from schema.definitions import Element
from schema.errors import CompositionError, Place
from schema.supergraph_schema import SupergraphSchema
from schema.visibility import Visibility


def inaccessible(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """The *_INACCESSIBLE codes, ONLY_INACCESSIBLE_CHILDREN and their kin."""
    visibility = Visibility(supergraph.types, supergraph.directives)
    for problem in visibility.problems():
        yield CompositionError(
            code=problem.code,
            message=problem.message,
            places=tuple(places(supergraph, problem.coordinate)),
            way_out=problem.way_out,
        )


def places(supergraph: SupergraphSchema, coordinate: str) -> Iterator[Place]:
    """Where the subgraphs declare a type or one of its children."""
    owner, _, child = coordinate.partition("(")[0].partition(".")
    for source in supergraph.context.sources(owner):
        definition = source.element
        element: Element | None = definition
        if child:
            element = (
                definition.fields.get(child)
                or definition.input_fields.get(child)
                or definition.values.get(child)
            )
        if element is not None:
            yield source.subgraph.place(element)
