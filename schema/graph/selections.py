"""Field sets (`@key`, `@requires`, `@provides`, contexts) as values."""

from dataclasses import dataclass
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
    """A field of a field set; `node` holds its arguments."""

    name: str
    node: FieldNode
    selections: tuple[Selected, ...] = ()


@dataclass(frozen=True, slots=True)
class SelectedFragment:
    """Selections that apply to one type; None is the type that they stand on."""

    type_name: str | None
    selections: tuple[Selected, ...]


@lru_cache(maxsize=4096)
def parse_selections(text: str) -> tuple[Selected, ...]:
    """Parse a field set, with or without its outer braces.

    Raises `GraphQLError` where it is no selection set.
    """
    inner = text.strip()
    document = parse(inner if inner.startswith("{") else f"{{{inner}}}", no_location=True)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 -- braces: a query
    return _selected(operation.selection_set)


def _selected(selection_set: SelectionSetNode | None) -> tuple[Selected, ...]:
    if selection_set is None:
        return ()
    found: list[Selected] = []
    for node in selection_set.selections:
        match node:
            case FieldNode():
                children = _selected(node.selection_set)
                found.append(SelectedField(node.name.value, node, children))
            case InlineFragmentNode():
                on = node.type_condition.name.value if node.type_condition else None
                found.append(SelectedFragment(on, _selected(node.selection_set)))
            case _:  # a named fragment has nowhere to be defined in a field set
                continue
    return tuple(found)


def count_leaves(selections: tuple[Selected, ...]) -> int:
    """Count the leaf fields of a field set."""
    return sum(count_leaves(item.selections) if item.selections else 1 for item in selections)
