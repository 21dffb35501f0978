"""The rule that all implementations in a subgraph have their interface's keys.

Otherwise the gateway could not fetch an entity by the interface's key. An invalid key
has an error of its own, and is not compared.
"""

from collections.abc import Iterator

from graphql import GraphQLError, print_ast

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.merging.sources import quoted
from weir.schema.model.definitions import Applied, Kind, TypeDefinition
from weir.schema.model.field_set import parse_field_set
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.selections.keys import is_resolvable, is_valid


def interface_keys(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield INTERFACE_KEY_NOT_ON_IMPLEMENTATION errors."""
    for interface in subgraph.of_kind(Kind.INTERFACE):
        implementations = [
            each
            for each in subgraph.of_kind(Kind.OBJECT)
            if interface.name in each.interfaces
            and all(is_valid(key, subgraph, each.name) for key in each.all("key"))
        ]
        for key in interface.all("key"):
            lacking = [each.name for each in implementations if not _has_key(each, key)]
            if lacking and is_valid(key, subgraph, interface.name):
                yield subgraph.error(
                    Code.INTERFACE_KEY_NOT_ON_IMPLEMENTATION,
                    f'Key @key(fields: "{key.text("fields")}") on interface type'
                    f' "{interface.name}" is missing on implementation type(s)'
                    f" {quoted(lacking)} (or is not resolvable there).",
                    key,
                    fix=f"Add the key to {quoted(lacking)}.",
                )


def _has_key(definition: TypeDefinition, key: Applied) -> bool:
    wanted = _normal(key)
    return any(
        _normal(each) == wanted and (is_resolvable(each) or not is_resolvable(key))
        for each in definition.all("key")
    )


def _normal(key: Applied) -> frozenset[str]:
    try:
        selections = parse_field_set(key.text("fields") or "").selections
    except GraphQLError:
        return frozenset()
    return frozenset(" ".join(print_ast(each).split()) for each in selections)
