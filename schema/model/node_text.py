"""The text of types and values, equal to that of graphql-core's printer.

graphql-core's printer is made for documents: for a single `String!` it makes a visitor
and buffers in reference cycles. Building a graph prints thousands of types and values,
and the garbage collector would have to find all these cycles.
"""

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableNode,
    print_ast,
)
from graphql.language.print_string import print_string


def type_text(node: TypeNode) -> str:
    """Print a type reference, such as `[Int!]`."""
    match node:
        case NamedTypeNode():
            return node.name.value
        case ListTypeNode():
            return f"[{type_text(node.type)}]"
        case NonNullTypeNode():
            return f"{type_text(node.type)}!"
        case _:
            return print_ast(node)


def value_text(node: ValueNode) -> str:
    """Print a value; lists and objects are printed by graphql-core."""
    match node:
        case StringValueNode(block=False | None):
            return print_string(node.value)
        case IntValueNode() | FloatValueNode() | EnumValueNode():
            return node.value
        case BooleanValueNode():
            return "true" if node.value else "false"
        case VariableNode():
            return f"${node.name.value}"
        case _:
            return print_ast(node)
