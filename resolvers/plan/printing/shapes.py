"""Which fields GraphQL would merge: "same response shape" (GraphQL section 5.3.2).

Fragments on different object types may give one response name only with types that
agree: in their list and non-null marks, in leaf types, and in all below. Subgraphs may
differ from the supergraph here (`ID` in one type, `ID!` in another), so this asks the
subgraph's own types.
"""

from collections.abc import Iterable

from resolvers.plan.fetches.fetch_graph import OutputField
from schema.graph.nodes import Node


def mergeable(
    one: tuple[Node, Iterable[OutputField]], other: tuple[Node, Iterable[OutputField]]
) -> bool:
    """Say whether fields of one key, on two object types, have the same shape."""
    (node, fields), (other_node, other_fields) = one, other
    first, second = next(iter(fields)), next(iter(other_fields))
    type_, other_type = _type(node, first), _type(other_node, second)
    if first.output is None or second.output is None:
        return type_ == other_type
    if _marks(type_) != _marks(other_type):
        return False
    return all(
        mergeable((a_node, [a]), (b_node, [b]))
        for a_node, a in _below(fields)
        for b_node, b in _below(other_fields)
        if a.field.key == b.field.key
    )


def _type(node: Node, asked: OutputField) -> str:
    return node.declared.get(asked.field.name, "String!")


def _marks(type_text: str) -> str:
    return "".join(mark for mark in type_text if mark in "[]!")


def _below(fields: Iterable[OutputField]) -> Iterable[tuple[Node, OutputField]]:
    for each in fields:
        output = each.output
        if output is None or output.node is None:
            continue
        for inner in output.fields.values():
            for name in sorted(inner.types):
                node = output.node.at(name)
                if node is not None:
                    yield node, inner
