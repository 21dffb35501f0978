"""`fields: ["a", "b"]` and `fields: a` become `fields: "a b"` and `fields: "a"`."""

from dataclasses import replace

from graphql import EnumValueNode, ListValueNode, StringValueNode, ValueNode

from weir.schema.model.definitions import Applied, Field, TypeDefinition
from weir.schema.model.values import string_node
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import Others, with_fields, with_types

_FIELD_SETS = frozenset({"key", "provides", "requires"})


def with_string_arguments(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    del others
    return with_types(subgraph, _type)


def _type(definition: TypeDefinition) -> TypeDefinition:
    directives = tuple(map(_applied, definition.directives))
    return with_fields(replace(definition, directives=directives), _field)


def _field(field: Field) -> Field:
    return replace(field, directives=tuple(map(_applied, field.directives)))


def _applied(applied: Applied) -> Applied:
    value = applied.arguments.get("fields")
    if applied.spec not in _FIELD_SETS or value is None:
        return applied
    text = _joined(value)
    if text is None or isinstance(value, StringValueNode):
        return applied
    arguments = {**applied.arguments, "fields": string_node(text)}
    return replace(applied, arguments=arguments)


def _joined(value: ValueNode) -> str | None:
    match value:
        case StringValueNode() | EnumValueNode():
            return value.value
        case ListValueNode():
            parts = [_joined(each) for each in value.values]
            return " ".join(part for part in parts if part is not None)
        case _:
            return None
