"""The rule that each merged type has all fields of its interfaces.

A merged interface has the fields of all subgraphs. A type may come from a subgraph
that only knows some of them.
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.merging.sources import in_subgraphs
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import Kind


def interface_fields(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """Yield INTERFACE_FIELD_NO_IMPLEM errors."""
    for definition in supergraph.of_kind(Kind.OBJECT, Kind.INTERFACE):
        for name in definition.interfaces:
            interface = supergraph.types.get(name)
            for field in interface.fields if interface else ():
                if field not in definition.fields:
                    yield _missing(supergraph, name, field, definition.name)


def _missing(
    supergraph: SupergraphSchema, interface: str, field: str, implementation: str
) -> CompositionError:
    declaring = [
        each
        for each in supergraph.context.sources(interface)
        if field in each.element.fields
    ]
    implementing = [
        each
        for each in supergraph.context.sources(implementation)
        if interface in each.element.interfaces
    ]
    where = in_subgraphs([each.name for each in declaring])
    others = in_subgraphs([each.name for each in implementing])
    return CompositionError(
        code=Code.INTERFACE_FIELD_NO_IMPLEM,
        message=(
            f'Interface field "{interface}.{field}" is declared in {where} but type'
            f' "{implementation}", which implements "{interface}" in {others}, does not'
            f' have field "{field}".'
        ),
        locations=(
            *(each.subgraph.location(each.element.fields[field]) for each in declaring),
            *(each.subgraph.location(each.element) for each in implementing),
        ),
        fix=f'Add field "{field}" to "{implementation}" in {others}.',
    )
