"""Positions of a query: the subgraphs that it can be in at one point of its path.

Most positions are plain: a subgraph, one bit. A position is special if the subgraph can
resolve other fields there than elsewhere: a `@provides` further up adds fields, or the
field that led there has a narrower type in this subgraph (an object where the
supergraph has an interface). A jump to another subgraph ends this.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode, print_ast

_NOTHING = SelectionSetNode(selections=())


@dataclass(frozen=True, slots=True)
class Position:
    """A subgraph with a type of its own, "" for the supergraph's, and what is provided.

    `text` stands for the selections: equal texts are equal special.
    """

    subgraph: int
    type: str
    text: str
    selections: SelectionSetNode = field(compare=False)


@dataclass(frozen=True, slots=True)
class Positions:
    """Subgraphs as a bit mask, and special."""

    plain: int = 0
    special: frozenset[Position] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.plain or self.special)

    def covers(self, other: "Positions") -> bool:
        """Whether all of `other`'s positions are among these."""
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
    """Return positions together; those that are not special become plain."""
    special: set[Position] = set()
    for each in positions:
        if each.type or each.selections.selections:
            special.add(each)
        else:
            plain |= 1 << each.subgraph
    return Positions(plain, frozenset(special))


def provided(selections: SelectionSetNode, name: str) -> Iterator[FieldNode]:
    """The selections of a field, outside of type conditions."""
    for node in selections.selections:
        if isinstance(node, FieldNode) and node.name.value == name:
            yield node
        elif isinstance(node, InlineFragmentNode) and node.type_condition is None:
            yield from provided(node.selection_set, name)


def narrowed(selections: SelectionSetNode, names: frozenset[str]) -> SelectionSetNode:
    """What is provided on an object, given all type conditions that it satisfies."""
    kept: list[FieldNode] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            kept.append(node)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            if condition is None or condition.name.value in names:
                inner = narrowed(node.selection_set, names).selections
                kept.extend(each for each in inner if isinstance(each, FieldNode))
    return SelectionSetNode(selections=tuple(kept))
