"""The rule that a subgraph with an interface object knows no implementations."""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.merging.context import is_interface_object
from weir.schema.merging.sources import quoted
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import Kind


def interface_objects(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """Yield INTERFACE_OBJECT_USAGE_ERROR errors."""
    objects = list(supergraph.of_kind(Kind.OBJECT))
    for name in sorted(supergraph.context.interface_objects):
        implementations = [each.name for each in objects if name in each.interfaces]
        for source in supergraph.context.sources(name):
            known = [each for each in implementations if each in source.subgraph.types]
            if is_interface_object(source.element) and known:
                yield source.subgraph.error(
                    Code.INTERFACE_OBJECT_USAGE_ERROR,
                    f'Interface type "{name}" is defined as an @interfaceObject in'
                    f' subgraph "{source.name}" so that subgraph should not define any'
                    f' of the implementation types of "{name}", but it defines'
                    f" {quoted(known)}",
                    source.element,
                    fix=f"Remove {quoted(known)} from this subgraph.",
                )
