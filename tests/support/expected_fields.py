"""The selection of a fetch, read from its document instead of built by the planner."""

from collections.abc import Iterable, Iterator

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
    print_ast,
)

from resolvers.operation.conditions import Condition, both, either_of, literals_of
from resolvers.plan.expected import ExpectedField, ExpectedFields, ExpectedFragment

_Selected = list[tuple[FieldNode, Condition]]


def read_expected(document: str) -> ExpectedFields:
    """Read a document of one operation; types of fields are not known ("")."""
    (operation,) = parse(document, no_location=True).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return _selection([(operation.selection_set, ())])


def _selection(sets: Iterable[tuple[SelectionSetNode, Condition]]) -> ExpectedFields:
    fields: dict[str, _Selected] = {}
    fragments: dict[str, list[tuple[SelectionSetNode, Condition]]] = {}
    for node, condition in _flat(sets):
        if isinstance(node, FieldNode):
            key = (node.alias or node.name).value
            fields.setdefault(key, []).append((node, condition))
        else:
            assert isinstance(node, InlineFragmentNode)
            assert node.type_condition is not None
            name = node.type_condition.name.value
            fragments.setdefault(name, []).append((node.selection_set, condition))
    return ExpectedFields(
        fields=tuple(_field(key, nodes) for key, nodes in fields.items()),
        fragments=tuple(
            ExpectedFragment(type_name=name, types=(name,), selection=_selection(inner))
            for name, inner in fragments.items()
        ),
    )


def _flat(
    sets: Iterable[tuple[SelectionSetNode, Condition]],
) -> Iterator[tuple[SelectionNode, Condition]]:
    """Yield selections with their conditions, without fragments for those alone."""
    for selection_set, outer in sets:
        for node in selection_set.selections:
            literals = literals_of(node.directives)
            assert literals is not None
            condition = both(outer, literals)
            assert condition is not None
            if isinstance(node, InlineFragmentNode) and node.type_condition is None:
                yield from _flat([(node.selection_set, condition)])
            else:
                yield node, condition


def _field(key: str, nodes: _Selected) -> ExpectedField:
    first, _ = nodes[0]
    inner = [(node.selection_set, when) for node, when in nodes if node.selection_set]
    return ExpectedField(
        key=key,
        name=first.name.value,
        type="",
        call=_call(first),
        condition=either_of(one for _, when in nodes for one in when or ((),)),
        selection=_selection(inner) if inner else None,
    )


def _call(node: FieldNode) -> str:
    bare = FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=node.arguments,
        directives=tuple(
            each
            for each in node.directives or ()
            if each.name.value not in ("skip", "include")
        ),
    )
    return print_ast(bare)
