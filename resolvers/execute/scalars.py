"""Scalars in responses: what passes as it is, and what needs a closer look.

Values were serialised by the subgraph; what is checked here is that a client that was
promised a String does not get an object. Integers from -2^63 to 2^64-1 and doubles
keep their value; what lies beyond, JSON has made a double on its way in.
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
# Integers of custom scalars are looked at: Python's may be too large for JSON.
_ANY_SCALAR: frozenset[type] = frozenset({str, float, bool})


def exact_types(scalar: GraphQLScalarType) -> frozenset[type]:
    """Return the classes of values that this scalar shows as they are."""
    return _EXACT_TYPES.get(scalar.name, _ANY_SCALAR)


def coercion(type_: GraphQLNamedType) -> Callable[[JSONValue], JSONValue]:
    """Return what looks closer at a value that did not pass; None where it misfits."""
    match type_.name:
        case "Int":
            return _coerce_integer
        case "String" | "ID":
            return _coerce_text
        case "Float" | "Boolean":
            return _reject
        case _:
            return writable


def _coerce_integer(value: JSONValue) -> JSONValue:
    """Accept 3.0 for 3, as some JSON writers know no integers.

    Beyond 2^53 a double stands for many integers: which one was meant is not known.
    """
    if value.__class__ is not float or abs(value) > _EXACT or not value.is_integer():
        return None
    return int(value)


def _coerce_text(value: JSONValue) -> JSONValue:
    """Accept what is a kind of text, such as the members of a Python StrEnum."""
    return str(value) if isinstance(value, str) else None


def _reject(value: JSONValue) -> JSONValue:
    del value


def writable(value: JSONValue) -> JSONValue:
    """Return what our own encoder can write: JSON, and not nested beyond its depth."""
    try:
        orjson.dumps(value)
    except TypeError:
        return None
    return value
