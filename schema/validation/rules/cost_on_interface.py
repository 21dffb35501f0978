"""The rule that `@cost` is not applied to interface fields.

Their implementations may have different costs.
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import Kind
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def cost_on_interface(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield COST_APPLIED_TO_INTERFACE_FIELD errors."""
    for definition in subgraph.of_kind(Kind.INTERFACE):
        for field in definition.fields.values():
            applied = field.first("cost")
            if applied is not None:
                yield subgraph.error(
                    Code.COST_APPLIED_TO_INTERFACE_FIELD,
                    "@cost cannot be applied to interface"
                    f' "{definition.name}.{field.name}"',
                    applied,
                    fix="Apply it to the fields of the implementations.",
                )
