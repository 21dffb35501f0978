"""The functions that generated code calls for values that are not the usual ones."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final, NoReturn

import orjson

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.positions import Position, Projection
from weir.resolvers.execute.response.scalars import json_size
from weir.resolvers.execute.run.represent import EntityBatch


class NotAsExpected(Exception):
    """A value that generated code does not handle. The interpreter has to."""


def unexpected() -> NoReturn:
    """Raise NotAsExpected."""
    raise NotAsExpected


def coerced(value: JSONValue, coerce: Callable[[JSONValue], JSONValue]) -> JSONValue:
    """Return a scalar of another class as its type; raises NotAsExpected."""
    fitting = coerce(value)
    if fitting is None:
        raise NotAsExpected
    return fitting


def null_if_hidden(value: JSONValue, hidden: frozenset[str]) -> None:
    """Return None for an enum value that clients do not see; raises NotAsExpected."""
    if value.__class__ is not str or value not in hidden:
        raise NotAsExpected


def any_json(value: JSONValue, projection: Projection) -> JSONValue:
    """Return a value of a custom scalar, and count it; raises NotAsExpected."""
    kind = value.__class__
    if kind is dict or kind is list:
        values = projection.values_of(value)
        if values is None:
            raise NotAsExpected
        projection.count(values)
    elif kind is not float and kind is not bool and json_size(value) is None:
        raise NotAsExpected
    return value


def by_kind(value: JSONValue, position: Position, projection: Projection) -> JSONValue:
    """Return a value as the kind of its position does; raises NotAsExpected."""
    shown = position.kind.project(value, position, None, projection)
    if shown is None:
        raise NotAsExpected
    return shown


def leaf_identity(value: JSONValue) -> Hashable:
    """Return the identity of a value of a representation; raises NotAsExpected."""
    try:
        return orjson.dumps(value)
    except TypeError:
        raise NotAsExpected from None


def values_or_none(source: JSONObject, keys: Sequence[str]) -> list[JSONValue]:
    """Return the values of an object; None for each that it does not have."""
    return [source.get(key) for key in keys]


RUNTIME: Final[Mapping[str, object]] = {
    each.__name__: each
    for each in (
        EntityBatch,
        any_json,
        by_kind,
        coerced,
        leaf_identity,
        null_if_hidden,
        unexpected,
        values_or_none,
    )
}
"""The functions that generated code may call, besides built-in ones, by name."""
