"""GraphQL response data, the one kind of value that is not typed."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

JSONValue: TypeAlias = Any
JSONObject: TypeAlias = dict[str, JSONValue]


def is_object(value: JSONValue) -> TypeGuard[JSONObject]:
    """Return whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: JSONValue) -> TypeGuard[list[JSONValue]]:
    """Return whether a decoded JSON value is a list."""
    return isinstance(value, list)


def is_mapping(value: JSONValue) -> TypeGuard[Mapping[str, JSONValue]]:
    """Return whether a value is a JSON object, also one that was made read-only."""
    return isinstance(value, Mapping)


def is_sequence(value: JSONValue) -> TypeGuard[Sequence[JSONValue]]:
    """Return whether a value is a list, also one that was made read-only."""
    return isinstance(value, tuple | list)
