"""Scalars in responses: the values that are used unchanged, and the coerced ones.

Subgraphs serialise values. The check here ensures that a client does not get, for
example, an object in place of a String. Integers from -2^63 to 2^64-1 and doubles are
exact. The JSON parser has converted other numbers to doubles.
"""

from collections.abc import Callable

import orjson
from graphql import GraphQLNamedType, GraphQLScalarType

from weir.gateway.json_types import JSONValue

# Booleans are of class bool, which is not int where classes are compared exactly.
_EXACT = 2**53

_EXACT_TYPES: dict[str, frozenset[type]] = {
    "String": frozenset({str}),
    "ID": frozenset({str, int}),
    "Int": frozenset({int}),
    "Float": frozenset({float, int}),
    "Boolean": frozenset({bool}),
}
# Integers of custom scalars are checked: Python's may be too large for JSON.
_ANY_SCALAR: frozenset[type] = frozenset({str, float, bool})


def exact_types(scalar: GraphQLScalarType) -> frozenset[type]:
    """Return the classes of values that a scalar uses unchanged."""
    return _EXACT_TYPES.get(scalar.name, _ANY_SCALAR)


def coercion(type_: GraphQLNamedType) -> Callable[[JSONValue], JSONValue]:
    """Return a function that coerces a value, or returns None for an invalid one."""
    match type_.name:
        case "Int":
            return _coerce_integer
        case "String" | "ID":
            return _coerce_text
        case _:
            return _reject


def _coerce_integer(value: JSONValue) -> JSONValue:
    """Accept 3.0 for 3, because some JSON encoders only write doubles.

    Beyond 2^53 a double represents many integers, so it is rejected.
    """
    if value.__class__ is not float or abs(value) > _EXACT or not value.is_integer():
        return None
    return int(value)


def _coerce_text(value: JSONValue) -> JSONValue:
    """Accept subclasses of str, such as the members of a Python StrEnum."""
    return str(value) if isinstance(value, str) else None


def _reject(value: JSONValue) -> JSONValue:
    del value


def is_custom(scalar: GraphQLScalarType) -> bool:
    """Return whether a scalar may have values of any JSON type."""
    return scalar.name not in _EXACT_TYPES


def json_size(value: JSONValue) -> int | None:
    """Return the bytes of a value as JSON, or None if it cannot be written as JSON."""
    try:
        return len(orjson.dumps(value))
    except TypeError:
        return None
