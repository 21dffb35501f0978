"""Constant values in SDL: comparison, and conversion from and to Python values."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    print_ast,
)

Constant: TypeAlias = (
    "bool | int | float | str | tuple[Constant, ...] | dict[str, Constant] | None"
)


def canonical(value: ValueNode) -> str:
    """Print a value so that equal values have equal texts."""
    match value:
        case ListValueNode():
            return "[" + ", ".join(canonical(item) for item in value.values) + "]"
        case ObjectValueNode():
            fields = sorted(
                f"{item.name.value}: {canonical(item.value)}" for item in value.fields
            )
            return "{" + ", ".join(fields) + "}"
        case StringValueNode():
            return print_ast(StringValueNode(value=value.value, block=False))
        case _:
            return print_ast(value)


def same_value(one: ValueNode | None, other: ValueNode | None) -> bool:
    if one is None or other is None:
        return one is other
    return canonical(one) == canonical(other)


def constant(value: ValueNode) -> Constant:
    """Convert a value to Python; enum values become their names."""
    match value:
        case IntValueNode():
            return int(value.value)
        case FloatValueNode():
            return float(value.value)
        case BooleanValueNode() | StringValueNode() | EnumValueNode():
            return value.value
        case ListValueNode():
            return tuple(constant(item) for item in value.values)
        case ObjectValueNode():
            return {item.name.value: constant(item.value) for item in value.fields}
        case _:
            return None


def strings(value: ValueNode | None) -> tuple[str, ...]:
    """Convert a list of strings; a single string counts as a list of one."""
    match value:
        case StringValueNode():
            return (value.value,)
        case ListValueNode():
            return tuple(text for item in value.values for text in strings(item))
        case _:
            return ()


def text(value: ValueNode | None) -> str | None:
    return value.value if isinstance(value, StringValueNode) else None


def string_node(value: str) -> StringValueNode:
    return StringValueNode(value=value, block=False)


def enum_node(value: str) -> EnumValueNode:
    return EnumValueNode(value=value)


def bool_node(value: bool) -> BooleanValueNode:  # noqa: FBT001 - it is the value
    return BooleanValueNode(value=value)


def int_node(value: int) -> IntValueNode:
    return IntValueNode(value=str(value))


def list_node(values: Iterable[ValueNode]) -> ListValueNode:
    return ListValueNode(values=tuple(values))


def object_node(fields: Mapping[str, ValueNode]) -> ObjectValueNode:
    return ObjectValueNode(
        fields=tuple(
            ObjectFieldNode(name=NameNode(value=name), value=value)
            for name, value in fields.items()
        )
    )
