"""The rule that interface fields are not external: implementations resolve them."""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import Kind
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def external_on_interface(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield EXTERNAL_ON_INTERFACE errors."""
    for definition in subgraph.of_kind(Kind.INTERFACE):
        for field in definition.fields.values():
            if subgraph.facts.is_external(f"{definition.name}.{field.name}"):
                yield subgraph.error(
                    Code.EXTERNAL_ON_INTERFACE,
                    f'Interface type field "{definition.name}.{field.name}" is marked'
                    " @external but @external is not allowed on interface fields (it is"
                    " nonsensical).",
                    field,
                    fix="Remove @external.",
                )
