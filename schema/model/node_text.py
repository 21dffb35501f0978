"""Types and values as text, as graphql-core's printer has them.

That printer is made for documents: for `String!` alone it makes a visitor and buffers
that refer to each other. Thousands of types and values are printed while a graph is
built, and all of that would be left for the garbage collector.
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
    """Print a value as it is written; lists and objects by graphql-core."""
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
