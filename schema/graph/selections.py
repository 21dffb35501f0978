"""Field sets, as in `@key`, `@requires`, `@provides` and contexts."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

Selected: TypeAlias = "SelectedField | SelectedFragment"


@dataclass(frozen=True, slots=True)
class SelectedField:
    """A field of a field set."""

    name: str
    selections: tuple[Selected, ...] = ()


@dataclass(frozen=True, slots=True)
class SelectedFragment:
    """Selections with a type condition; None means the type of the selection set."""

    type_name: str | None
    selections: tuple[Selected, ...]


@dataclass(frozen=True, slots=True)
class FieldSet:
    """A selection set; sets with equal texts are equal.

    `node` is the parsed selection set with its arguments.
    """

    text: str
    selections: tuple[Selected, ...] = field(compare=False)
    node: SelectionSetNode = field(compare=False, repr=False)

    @property
    def leaves(self) -> int:
        """Return the number of leaf fields."""
        return _count_leaves(self.selections)


@lru_cache(maxsize=4096)
def parse_field_set(text: str) -> FieldSet:
    """Parse a field set, with or without its outer braces.

    Raises `GraphQLError` if it is not a selection set.
    """
    inner = text.strip()
    braced = inner if inner.startswith("{") else f"{{{inner}}}"
    operation = parse(braced, no_location=True).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    node = operation.selection_set
    return FieldSet(text, _selected(node), node)


def _selected(selection_set: SelectionSetNode | None) -> tuple[Selected, ...]:
    found: list[Selected] = []
    for node in selection_set.selections if selection_set else ():
        match node:
            case FieldNode():
                children = _selected(node.selection_set)
                found.append(SelectedField(node.name.value, children))
            case InlineFragmentNode():
                on = node.type_condition.name.value if node.type_condition else None
                found.append(SelectedFragment(on, _selected(node.selection_set)))
            case _:  # a field set cannot define a named fragment
                continue
    return tuple(found)


def _count_leaves(selections: tuple[Selected, ...]) -> int:
    return sum(
        _count_leaves(item.selections) if item.selections else 1 for item in selections
    )
