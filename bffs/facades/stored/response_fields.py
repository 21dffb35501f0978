"""The fields that a stored operation selects, those of its fragments included."""

from collections.abc import Iterator, Mapping

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from weir.bffs.facades.stored.operation import StoredOperation

Fragments = Mapping[str, SelectionSetNode]
"""The selections of fragments, by name."""


def fragments_of(operation: StoredOperation) -> Fragments:
    """Return the fragments that an operation uses."""
    return {each.name.value: each.selection_set for each in operation.fragments}


def response_fields(
    selections: SelectionSetNode | None, fragments: Fragments
) -> Iterator[FieldNode]:
    """Yield the fields of one object, those with conditions included."""
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from response_fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from response_fields(fragments[node.name.value], fragments)


def response_name(node: FieldNode) -> str:
    """Return the name of a field in a response."""
    return (node.alias or node.name).value


def root_names(operation: StoredOperation) -> frozenset[str]:
    """Return the response names at the root, those with conditions included."""
    selected = operation.definition.selection_set
    fields = response_fields(selected, fragments_of(operation))
    return frozenset(map(response_name, fields))
