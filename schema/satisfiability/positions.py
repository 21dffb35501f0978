"""Positions of a query: its possible subgraphs at one point of its path.

Most positions are plain: a subgraph, which is one bit. A position is special if the
subgraph resolves other fields there than elsewhere. A `@provides` of an ancestor adds
fields, or the field before has a narrower type in this subgraph (an object type where
the supergraph has an interface). A jump to another subgraph makes it plain again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode, print_ast

_NOTHING = SelectionSetNode(selections=())


@dataclass(frozen=True, slots=True)
class Position:
    """A subgraph, its own type ("" for the supergraph's), and the provided fields.

    `text` identifies the selections: positions with equal texts are equal.
    """

    subgraph: int
    type: str
    text: str
    selections: SelectionSetNode = field(compare=False)


@dataclass(frozen=True, slots=True)
class Positions:
    """A set of positions: the plain ones as a bit mask, and the special ones."""

    plain: int = 0
    special: frozenset[Position] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.plain or self.special)

    def covers(self, other: "Positions") -> bool:
        """Return whether this set has all positions of `other`."""
        return not other.plain & ~self.plain and other.special <= self.special

    def subgraphs(self) -> int:
        mask = self.plain
        for each in self.special:
            mask |= 1 << each.subgraph
        return mask


def position(
    subgraph: int, type_name: str, selections: SelectionSetNode | None
) -> Position:
    text = print_ast(selections) if selections is not None else ""
    return Position(subgraph, type_name, text, selections or _NOTHING)


def gathered(positions: Iterator[Position], plain: int) -> Positions:
    """Collect positions; positions that are not special become plain."""
    special: set[Position] = set()
    for each in positions:
        if each.type or each.selections.selections:
            special.add(each)
        else:
            plain |= 1 << each.subgraph
    return Positions(plain, frozenset(special))


def provided(selections: SelectionSetNode, name: str) -> Iterator[FieldNode]:
    """Yield the selections of a field, outside type conditions."""
    for node in selections.selections:
        if isinstance(node, FieldNode) and node.name.value == name:
            yield node
        elif isinstance(node, InlineFragmentNode) and node.type_condition is None:
            yield from provided(node.selection_set, name)


def narrowed(selections: SelectionSetNode, names: frozenset[str]) -> SelectionSetNode:
    """Return the provided fields of an object that satisfies these type conditions."""
    nodes: list[FieldNode] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            nodes.append(node)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            if condition is None or condition.name.value in names:
                inner = narrowed(node.selection_set, names).selections
                nodes.extend(each for each in inner if isinstance(each, FieldNode))
    return SelectionSetNode(selections=tuple(nodes))
