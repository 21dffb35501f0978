"""What a fetch's document asks of the objects that it is about.

A subgraph has to answer every field that it was asked for, if with null. One that
leaves fields out has not answered, and its silence must not be taken for null. Only
the first level is looked at: what is below it was written by the same hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The keys that have to be there, whatever the variables.

    `root` are those of the reply's data; `entities` those of entities by the alias of
    their `_entities` and the type that they were represented as.
    """

    root: frozenset[str]
    entities: Mapping[str, Mapping[str, frozenset[str]]] = field(
        default_factory=dict[str, Mapping[str, frozenset[str]]]
    )


def read_asked(document: str) -> Asked:
    """Read what the document of a fetch asks for."""
    (operation,) = parse(document, no_location=True).definitions
    assert isinstance(operation, OperationDefinitionNode), "fetches are operations"
    fields = _fields(operation.selection_set)
    return Asked(
        root=frozenset(fields),
        entities={
            key: _by_type(node.selection_set)
            for key, node in fields.items()
            if node.name.value == "_entities" and node.selection_set is not None
        },
    )


def _by_type(selection_set: SelectionSetNode) -> dict[str, frozenset[str]]:
    return {
        node.type_condition.name.value: frozenset(_fields(node.selection_set))
        for node in _unconditional(selection_set.selections)
        if isinstance(node, InlineFragmentNode) and node.type_condition is not None
    }


def _fields(selection_set: SelectionSetNode) -> dict[str, FieldNode]:
    """Return the fields by key; `__typename` is not missed where it is not needed."""
    return {
        (node.alias or node.name).value: node
        for node in _unconditional(selection_set.selections)
        if isinstance(node, FieldNode) and node.name.value != "__typename"
    }


def _unconditional(selections: Iterable[SelectionNode]) -> list[SelectionNode]:
    return [node for node in selections if not node.directives]
