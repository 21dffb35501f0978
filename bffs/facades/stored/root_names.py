"""The response names that a stored operation selects at its root."""

from collections.abc import Iterator

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from weir.bffs.facades.stored.operation import StoredOperation


def root_names(operation: StoredOperation) -> frozenset[str]:
    """Return the names, those of fields with conditions included."""
    fragments = {each.name.value: each.selection_set for each in operation.fragments}

    def names(selections: SelectionSetNode) -> Iterator[str]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield (node.alias or node.name).value
            elif isinstance(node, InlineFragmentNode):
                yield from names(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                yield from names(fragments[node.name.value])

    return frozenset(names(operation.definition.selection_set))
