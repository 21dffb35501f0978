"""The rule that a subgraph with an interface's key knows all implementations.

The gateway sends the key to the subgraph, which returns the object's type.
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.merging.sources import quoted
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import Kind
from weir.schema.validation.selections.keys import is_resolvable


def interface_implementations(
    supergraph: SupergraphSchema,
) -> Iterator[CompositionError]:
    """Yield INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE errors."""
    objects = list(supergraph.of_kind(Kind.OBJECT))
    for interface in supergraph.of_kind(Kind.INTERFACE):
        implementations = {
            each.name for each in objects if interface.name in each.interfaces
        }
        for source in supergraph.context.sources(interface.name):
            if source.element.kind is not Kind.INTERFACE:
                continue
            key = next(filter(is_resolvable, source.element.all("key")), None)
            missing = sorted(implementations - set(source.subgraph.types))
            if key is not None and missing:
                yield source.subgraph.error(
                    Code.INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE,
                    f'Interface type "{interface.name}" has a resolvable key'
                    f' (@key(fields: "{key.text("fields")}")) in subgraph'
                    f' "{source.name}" but that subgraph is missing some of the'
                    f' supergraph implementation types of "{interface.name}": it should'
                    f" define {quoted(missing)} (and have it implement"
                    f' "{interface.name}").',
                    key,
                    fix=(
                        f"Define {quoted(missing)} there too, or make the key"
                        " `resolvable: false`."
                    ),
                )
