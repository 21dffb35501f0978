"""The rule that an `@interfaceObject` has a `@key`, which joins it to the interface."""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import Kind
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def interface_objects(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield INTERFACE_OBJECT_USAGE_ERROR errors."""
    for definition in subgraph.of_kind(Kind.OBJECT):
        if definition.has("interfaceObject") and not definition.has("key"):
            yield subgraph.error(
                Code.INTERFACE_OBJECT_USAGE_ERROR,
                "The @interfaceObject directive can only be applied to entity types but"
                f' type "{definition.name}" has no @key in this subgraph.',
                definition.first("interfaceObject"),
                fix=f'Give "{definition.name}" the key of the interface.',
            )
