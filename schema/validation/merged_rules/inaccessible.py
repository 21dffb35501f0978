"""The rules of `@inaccessible`: see `schema.supergraph.visibility`."""

from collections.abc import Iterator

from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.locations import Location
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import Element, TypeDefinition
from weir.schema.supergraph.visibility import Visibility


def inaccessible(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """Yield the errors of `@inaccessible`, such as ONLY_INACCESSIBLE_CHILDREN."""
    visibility = Visibility(supergraph.types, supergraph.directives)
    for problem in visibility.problems():
        yield CompositionError(
            code=problem.code,
            message=problem.message,
            locations=tuple(locations(supergraph, problem.coordinate)),
            fix=problem.fix,
        )


def locations(supergraph: SupergraphSchema, coordinate: str) -> Iterator[Location]:
    """Yield the declarations of a directive, a type, or a child of a type."""
    path = coordinate.partition("(")[0]
    if path.startswith("@"):
        yield from _directive_locations(supergraph, path.removeprefix("@"))
        return
    owner, _, child = path.partition(".")
    for source in supergraph.context.sources(owner):
        element = _element(source.element, child)
        if element is not None:
            yield source.subgraph.location(element)


def _element(definition: TypeDefinition, child: str) -> Element | None:
    if not child:
        return definition
    return (
        definition.fields.get(child)
        or definition.input_fields.get(child)
        or definition.values.get(child)
    )


def _directive_locations(supergraph: SupergraphSchema, name: str) -> Iterator[Location]:
    for subgraph in supergraph.context.subgraphs:
        if name in subgraph.directives:
            yield subgraph.location(subgraph.directives[name])
