"""The check that GraphQL can merge two fields ("same response shape").

Fragments on different object types may use one response name only if the types agree:
in their list and non-null marks, in leaf types, and in all fields below (GraphQL
§5.3.2). Subgraphs may differ from the supergraph (`ID` in one type, `ID!` in another),
so the check uses the types of the subgraph.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from weir.resolvers.plan.fetches.fetch_graph import OutputField
from weir.resolvers.plan.model.context import Budget
from weir.schema.graph.nodes import Node

OfType: TypeAlias = tuple[Node, Sequence[OutputField]]
"""Fields of one key, on one object type."""


_Outputs: TypeAlias = tuple[int, ...]
"""The identities of selection sets. They live as long as the comparison."""


@dataclass(slots=True)
class Shapes:
    """A comparison of shapes. Each pair of selection sets is compared only once."""

    budget: Budget
    _known: dict[tuple[_Outputs, _Outputs], bool] = field(
        default_factory=dict[tuple[_Outputs, _Outputs], bool]
    )

    def agree(self, one: OfType, other: OfType) -> bool:
        """Return whether fields of one key, on two object types, have the same shape.

        Raises `BudgetExceeded`.
        """
        self.budget.check(1)
        (node, fields), (other_node, other_fields) = one, other
        first, second = fields[0], other_fields[0]
        type_, other_type = _type(node, first), _type(other_node, second)
        if first.output is None or second.output is None:
            return type_ == other_type
        if _marks(type_) != _marks(other_type):
            return False
        pair = (_outputs(fields), _outputs(other_fields))
        if pair not in self._known:
            self._known[pair] = self._agree_below(fields, other_fields)
        return self._known[pair]

    def _agree_below(
        self, fields: Iterable[OutputField], others: Iterable[OutputField]
    ) -> bool:
        by_key = defaultdict[str, list[OfType]](list)
        for node, inner in _below(others):
            by_key[inner.field.key].append((node, [inner]))
        return all(
            self.agree((node, [inner]), other)
            for node, inner in _below(fields)
            for other in by_key[inner.field.key]
        )


def _outputs(fields: Iterable[OutputField]) -> _Outputs:
    return tuple(id(each.output) for each in fields)


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
