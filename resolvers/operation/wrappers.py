"""Lists and non-null around a type, taken off one at a time.

graphql-core's wrappers are generic in what they wrap, which neither it nor Python's
type checkers can follow; here they are told once.
"""

from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLType


def without_non_null(type_: GraphQLType) -> tuple[GraphQLType, bool]:
    """Return the nullable type, and whether `type_` was non-null."""
    wrapper: Any = type_
    if isinstance(type_, GraphQLNonNull):
        return wrapper.of_type, True
    return type_, False


def item_of(type_: GraphQLType) -> GraphQLType | None:
    """Return the type of a (nullable) list's items; None for what is no list."""
    wrapper: Any = type_
    return wrapper.of_type if isinstance(type_, GraphQLList) else None
