"""The rule that a directive or an interface uses each external field."""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def external_unused(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield EXTERNAL_UNUSED errors."""
    unused = subgraph.facts.external - subgraph.facts.used
    for definition, field in fields_of(subgraph.types):
        if f"{definition.name}.{field.name}" in unused:
            yield subgraph.error(
                Code.EXTERNAL_UNUSED,
                f'Field "{definition.name}.{field.name}" is marked @external but is not'
                " used in any federation directive (@key, @provides, @requires) or to"
                " satisfy an interface; the field declaration has no use and should be"
                " removed (or the field should not be @external).",
                field,
                fix="Remove the field, or its @external.",
            )
