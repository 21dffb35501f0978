"""The check that GraphQL can merge two fields ("same response shape").

Fragments on different object types may use one response name only if the types agree:
in their list and non-null marks, in leaf types, and in all fields below (GraphQL
§5.3.2). Subgraphs may differ from the supergraph (`ID` in one type, `ID!` in another),
so the check uses the types of the subgraph.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from weir.resolvers.plan.fetches.fetch_graph import OutputField
from weir.resolvers.plan.model.context import Budget
from weir.schema.graph.nodes import Node

OfType: TypeAlias = tuple[Node, Sequence[OutputField]]
"""Fields of one key, on one object type."""


@dataclass(slots=True)
class Shapes:
    """A comparison of shapes. Each pair of fields is compared only once."""

    budget: Budget
    _known: dict[tuple[int, int, int, int], bool] = field(
        default_factory=dict[tuple[int, int, int, int], bool]
    )

    def agree(self, one: OfType, other: OfType) -> bool:
        """Return whether fields of one key, on two object types, have the same shape.

        Raises `BudgetExceeded` once the time is over.
        """
        self.budget.check()
        (node, fields), (other_node, other_fields) = one, other
        first, second = fields[0], other_fields[0]
        type_, other_type = _type(node, first), _type(other_node, second)
        if first.output is None or second.output is None:
            return type_ == other_type
        if _marks(type_) != _marks(other_type):
            return False
        return all(
            self._agree(a, b)
            for a in _below(fields)
            for b in _below(other_fields)
            if a[1].field.key == b[1].field.key
        )

    def _agree(
        self, one: tuple[Node, OutputField], other: tuple[Node, OutputField]
    ) -> bool:
        pair = (id(one[0]), id(one[1]), id(other[0]), id(other[1]))
        if pair not in self._known:
            self._known[pair] = self.agree((one[0], [one[1]]), (other[0], [other[1]]))
        return self._known[pair]


def _type(node: Node, selected: OutputField) -> str:
    return node.declared.get(selected.field.name, "String!")


def _marks(type_text: str) -> str:
    return "".join(mark for mark in type_text if mark in "[]!")


def _below(fields: Iterable[OutputField]) -> Iterator[tuple[Node, OutputField]]:
    for each in fields:
        output = each.output
        if output is None or output.node is None:
            continue
        for inner in output.fields.values():
            for name in sorted(inner.types):
                node = output.node.at(name)
                if node is not None:
                    yield node, inner
