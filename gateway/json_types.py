"""GraphQL response data, the one kind of value that stays untyped."""

from typing import Any, TypeAlias, TypeGuard

JSONValue: TypeAlias = Any
JSONObject: TypeAlias = dict[str, JSONValue]


def is_object(value: JSONValue) -> TypeGuard[JSONObject]:
    """Return whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: JSONValue) -> TypeGuard[list[JSONValue]]:
    """Return whether a decoded JSON value is a list."""
    return isinstance(value, list)
