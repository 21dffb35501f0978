"""The selection of a fetch, read from its document instead of built by the planner."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    parse,
    print_ast,
)

from weir.resolvers.operation.conditions import Condition, both, either_of, literals_of
from weir.resolvers.plan.model.expected import (
    ExpectedField,
    ExpectedFields,
    ExpectedFragment,
)

_Selected = list[tuple[FieldNode, Condition]]


def read_expected(document: str) -> ExpectedFields:
    """Read a document of one operation; types of fields are not known ("")."""
    (operation,) = parse(document, no_location=True).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return _selection([(operation.selection_set, ())])


def typed(
    expected: ExpectedFields, schema: GraphQLSchema, parent: str
) -> ExpectedFields:
    """Return the selection with the types of fields as `schema` declares them."""
    type_: Any = schema.get_type(parent)
    return ExpectedFields(
        fields=tuple(_typed_field(field, schema, type_) for field in expected.fields),
        fragments=tuple(
            replace(
                each,
                types=_object_types(schema, each.type_name),
                selection=typed(each.selection, schema, each.type_name),
            )
            for each in expected.fragments
        ),
    )


def _object_types(schema: GraphQLSchema, name: str) -> tuple[str, ...]:
    type_ = schema.get_type(name)
    if not is_abstract_type(type_):
        return (name,)
    return tuple(sorted(each.name for each in schema.get_possible_types(type_)))


def _typed_field(field: ExpectedField, schema: GraphQLSchema, type_: Any) -> Any:
    declared = getattr(type_, "fields", {}).get(field.name)
    named = get_named_type(declared.type).name if declared else ""
    selection = field.selection and typed(field.selection, schema, named)
    text = str(declared.type) if declared else ""
    return replace(field, type=text, selection=selection)


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
