"""The fields that a stored operation selects, those of its fragments included."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)

from weir.bffs.facades.stored.operation import StoredOperation

Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]
"""The fragments of an operation, by name."""


def fragments_of(operation: StoredOperation) -> Fragments:
    """Return the fragments that an operation uses."""
    return {each.name.value: each for each in operation.fragments}


def response_fields(
    selections: SelectionSetNode | None, fragments: Fragments
) -> Iterator[FieldNode]:
    """Yield the fields of one object, those with conditions included."""
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            yield node
        else:
            fragment = fragment_of(node, fragments)
            yield from response_fields(fragment.selection_set, fragments)


def fragment_of(
    node: SelectionNode, fragments: Fragments
) -> InlineFragmentNode | FragmentDefinitionNode:
    """Return the fragment of a selection that is not a field."""
    if isinstance(node, InlineFragmentNode):
        return node
    assert isinstance(node, FragmentSpreadNode), "other selections are fields"
    return fragments[node.name.value]


def response_name(node: FieldNode) -> str:
    """Return the name of a field in a response."""
    return (node.alias or node.name).value


def root_names(operation: StoredOperation) -> frozenset[str]:
    """Return the response names at the root, those with conditions included."""
    selected = operation.definition.selection_set
    fields = response_fields(selected, fragments_of(operation))
    return frozenset(map(response_name, fields))
