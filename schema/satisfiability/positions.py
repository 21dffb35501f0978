"""Where a query can be at a point of its path: in which subgraphs, with what provided.

Most positions are just a subgraph, one bit. A position is a *seat* of its own if the
subgraph differs there from what it is elsewhere: if a `@provides` on the way adds to
what it resolves, or if the field that led there has a narrower type in it (an object
where the supergraph has an interface). A seat's privileges end at a jump to another
subgraph.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode, print_ast

_NOTHING = SelectionSetNode(selections=())


@dataclass(frozen=True, slots=True)
class Seat:
    """A subgraph with a type of its own, "" for the supergraph's, and what is provided.

    `text` stands for the selections: equal texts are equal seats.
    """

    subgraph: int
    type: str
    text: str
    selections: SelectionSetNode = field(compare=False)


@dataclass(frozen=True, slots=True)
class Positions:
    """Subgraphs as a bit mask, and seats."""

    plain: int = 0
    seats: frozenset[Seat] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.plain or self.seats)

    def covers(self, other: "Positions") -> bool:
        """Whether all of `other`'s positions are among these."""
        return not other.plain & ~self.plain and other.seats <= self.seats

    def subgraphs(self) -> int:
        mask = self.plain
        for each in self.seats:
            mask |= 1 << each.subgraph
        return mask


def seat(subgraph: int, type_name: str, selections: SelectionSetNode | None) -> Seat:
    text = print_ast(selections) if selections is not None else ""
    return Seat(subgraph, type_name, text, selections or _NOTHING)


def gathered(seats: Iterator[Seat], plain: int) -> Positions:
    """Seats without any privilege are plain positions."""
    special: set[Seat] = set()
    for each in seats:
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
