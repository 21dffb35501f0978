"""The validation and coercion of constants by enums and input objects.

Subgraphs write one value in several ways: `200` and `200.0` for a Float, an enum value
as a string (federation 1 servers print defaults like that), a string as an enum value.
Coerced constants can be compared, and are valid GraphQL in the supergraph.

Like the reference, this accepts an input object without a required field, and does not
check custom scalars.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from graphql import (
    BooleanValueNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    EnumValueNode,
    FloatValueNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)
from typing_extensions import TypeIs

from weir.schema.model.definitions import Kind, TypeDefinition
from weir.schema.model.type_refs import ListOf, NonNull, TypeRef, type_ref
from weir.schema.model.values import enum_node, int_node, string_node

_BUILT_IN = frozenset({"Int", "Float", "String", "Boolean", "ID"})
_LITERALS: Mapping[str, tuple[type[ValueNode], ...]] = {
    "Int": (IntValueNode,),
    "Float": (IntValueNode, FloatValueNode),
    "String": (StringValueNode,),
    "Boolean": (BooleanValueNode,),
    "ID": (StringValueNode, IntValueNode),
}
_INT = range(-(2**31), 2**31)
_EXACT = 2**53
"""The largest integer below which a float represents all integers."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")


@dataclass(frozen=True, slots=True)
class InputTypes:
    """The values of enums, and the types of input objects' fields."""

    enums: Mapping[str, frozenset[str]]
    inputs: Mapping[str, Mapping[str, TypeRef]]

    def fits(self, value: ValueNode, ref: TypeRef, *, as_written: bool = False) -> bool:
        """Return whether a constant is a value of a type: after coercion, or as it is.

        An executable document, and so a field set, has values as they are.
        """
        if isinstance(ref, NonNull):
            is_null = isinstance(value, NullValueNode)
            return not is_null and self.fits(value, ref.of, as_written=as_written)
        if isinstance(value, NullValueNode):
            return True
        if isinstance(ref, ListOf):
            items = value.values if isinstance(value, ListValueNode) else (value,)
            return all(self.fits(each, ref.of, as_written=as_written) for each in items)
        if ref.name in self.inputs:
            types = self.inputs[ref.name]
            return isinstance(value, ObjectValueNode) and all(
                each.name.value in types
                and self.fits(each.value, types[each.name.value], as_written=as_written)
                for each in value.fields
            )
        if ref.name in self.enums:
            allowed = EnumValueNode if as_written else (EnumValueNode, StringValueNode)
            return isinstance(value, allowed) and value.value in self.enums[ref.name]
        is_accepted = not as_written or _is_literal(value, ref.name)
        return is_accepted and _fits_scalar(value, ref.name)

    def coerced(self, value: ValueNode, ref: TypeRef) -> ValueNode:
        """Coerce a constant; leave an invalid one, and a list's single item, unchanged.

        A custom scalar accepts any value; its enum values become strings.
        """
        if isinstance(ref, NonNull):
            return self.coerced(value, ref.of)
        if isinstance(ref, ListOf):
            return self._coerced_list(value, ref.of)
        if isinstance(value, ObjectValueNode) and ref.name in self.inputs:
            return self._coerced_object(value, self.inputs[ref.name])
        if ref.name in self.enums:
            return _as_enum(value, self.enums[ref.name])
        if ref.name in _BUILT_IN:
            return _as_scalar(value, ref.name)
        return _untyped(value)

    def _coerced_list(self, value: ValueNode, of: TypeRef) -> ValueNode:
        if not isinstance(value, ListValueNode):
            return self.coerced(value, of)
        items = tuple(self.coerced(item, of) for item in value.values)
        return replace(value, values=items)

    def _coerced_object(
        self, value: ObjectValueNode, types: Mapping[str, TypeRef]
    ) -> ValueNode:
        fields = tuple(
            replace(item, value=self.coerced(item.value, types[item.name.value]))
            if item.name.value in types
            else item
            for item in value.fields
        )
        return replace(value, fields=fields)


def input_types_of(types: Mapping[str, TypeDefinition]) -> InputTypes:
    """Collect the input types of a schema."""
    return InputTypes(
        enums={
            name: frozenset(each.values)
            for name, each in types.items()
            if each.kind is Kind.ENUM
        },
        inputs={
            name: {field.name: field.type for field in each.input_fields.values()}
            for name, each in types.items()
            if each.kind is Kind.INPUT
        },
    )


def input_types_in(document: DocumentNode) -> InputTypes:
    """Collect the input types of a document."""
    enums: dict[str, set[str]] = {}
    inputs: dict[str, dict[str, TypeRef]] = {}
    for node in document.definitions:
        match node:
            case EnumTypeDefinitionNode() | EnumTypeExtensionNode():
                names = (each.name.value for each in node.values or ())
                enums.setdefault(node.name.value, set()).update(names)
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
                inputs.setdefault(node.name.value, {}).update(value_types(node.fields))
            case _:
                continue
    return InputTypes({name: frozenset(each) for name, each in enums.items()}, inputs)


def value_types(
    nodes: Iterable[InputValueDefinitionNode] | None,
) -> dict[str, TypeRef]:
    """Return the types of arguments or input fields by their names."""
    return {node.name.value: type_ref(node.type, {}) for node in nodes or ()}


def _is_literal(value: ValueNode, name: str) -> bool:
    """Return whether a value of a scalar is written as documents write it."""
    return name not in _LITERALS or isinstance(value, _LITERALS[name])


def _fits_scalar(value: ValueNode, name: str) -> bool:
    match name:
        case "Int":
            return _is_integer(value) and int(float(value.value)) in _INT
        case "Float":
            return isinstance(value, IntValueNode | FloatValueNode)
        case "String":
            return isinstance(value, StringValueNode | EnumValueNode)
        case "Boolean":
            return isinstance(value, BooleanValueNode)
        case "ID":
            is_text = isinstance(value, StringValueNode | EnumValueNode)
            return is_text or _is_integer(value)
        case _:
            return True


def _is_integer(value: ValueNode) -> TypeIs[IntValueNode | FloatValueNode]:
    return (
        isinstance(value, IntValueNode | FloatValueNode)
        and float(value.value).is_integer()
    )


def _as_enum(value: ValueNode, names: frozenset[str]) -> ValueNode:
    if isinstance(value, StringValueNode) and value.value in names:
        return enum_node(value.value)
    return value


def _as_scalar(value: ValueNode, name: str) -> ValueNode:
    match value, name:
        case FloatValueNode(), "Float" | "Int" | "ID":
            return _as_number(value, is_float=name == "Float")
        case StringValueNode(value=text), "ID" if _INTEGER.match(text):
            return IntValueNode(value=text)
        case EnumValueNode(), "String" | "ID":
            return string_node(value.value)
        case _:
            return value


def _untyped(value: ValueNode) -> ValueNode:
    match value:
        case EnumValueNode():
            return string_node(value.value)
        case FloatValueNode():
            return _as_number(value, is_float=True)
        case ListValueNode():
            return replace(value, values=tuple(map(_untyped, value.values)))
        case ObjectValueNode():
            fields = (
                replace(each, value=_untyped(each.value)) for each in value.fields
            )
            return replace(value, fields=tuple(fields))
        case _:
            return value


def _as_number(value: FloatValueNode, *, is_float: bool) -> ValueNode:
    number = float(value.value)
    if number.is_integer() and abs(number) <= _EXACT:
        return int_node(int(number))
    is_short = is_float and len(repr(number)) < len(value.value)
    return FloatValueNode(value=repr(number)) if is_short else value
