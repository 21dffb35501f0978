"""The list and non-null wrappers around a type.

graphql-core's wrappers are generic in a way that Python's type checkers cannot follow.
The casts for them are in this module.
"""

from typing import Any

import graphql
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLType,
    TypeNode,
    Undefined,
    value_from_ast_untyped,
)


def without_non_null(type_: GraphQLType) -> tuple[GraphQLType, bool]:
    """Return the nullable type, and whether `type_` was non-null."""
    wrapper: Any = type_
    if isinstance(type_, GraphQLNonNull):
        return wrapper.of_type, True
    return type_, False


def item_of(type_: GraphQLType) -> GraphQLType | None:
    """Return the item type of a (nullable) list, or None if `type_` is not a list."""
    wrapper: Any = type_
    return wrapper.of_type if isinstance(type_, GraphQLList) else None


def type_from_ast(schema: GraphQLSchema, node: TypeNode) -> GraphQLType:
    """Return the type of a type node in a validated document."""
    untyped: Any = graphql
    type_: GraphQLType | None = untyped.type_from_ast(schema, node)
    assert type_ is not None, "a validated document has known types"
    return type_


def argument_type(argument: GraphQLArgument) -> GraphQLType:
    """Return the type of an argument."""
    untyped: Any = argument
    type_: GraphQLType = untyped.type
    return type_


def input_field_type(declared: GraphQLArgument | GraphQLInputField) -> GraphQLType:
    """Return the type of an argument or input field."""
    untyped: Any = declared
    type_: GraphQLType = untyped.type
    return type_


def field_type(field: GraphQLField) -> GraphQLType:
    """Return the type of a field."""
    untyped: Any = field
    type_: GraphQLType = untyped.type
    return type_


def default_of(declared: GraphQLArgument | GraphQLInputField) -> Any:
    """Return the default of an argument or input field as JSON, or `Undefined`."""
    node = declared.ast_node.default_value if declared.ast_node else None
    return Undefined if node is None else value_from_ast_untyped(node)
