"""The objects at a path of the response.

A path leads from the response's root to the objects of a fetch, which can be many
behind a list. `collect` only finds the objects, and walks all of them level by level.
`locate` also returns the concrete path of each object, which is only needed for errors.
Both return them in the same order, and skip values that are null, missing or of another
shape, which need no fetch.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias, assert_never

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.plan.model.nodes import Each, Key, OnTypes, ResponsePath

ConcretePath: TypeAlias = tuple[str | int, ...]


def collect(root: JSONObject, path: ResponsePath) -> list[JSONObject]:
    """Return the objects at `path`, in order; an object may occur several times."""
    values: list[JSONValue] = [root]
    for segment in path:
        match segment:
            case Key(name):
                values = [
                    child
                    for value in values
                    if value.__class__ is dict
                    and (child := value.get(name)) is not None
                ]
            case Each():
                values = _items(values)
            case OnTypes(types):
                values = [value for value in values if _is_one_of(value, types)]
            case _:
                assert_never(segment)
    return [value for value in values if value.__class__ is dict]


def locate(
    root: JSONObject, path: ResponsePath
) -> Iterator[tuple[JSONObject, ConcretePath]]:
    """Yield the objects of `collect`, each with its concrete path."""
    located: Iterable[tuple[JSONValue, ConcretePath]] = [(root, ())]
    for segment in path:
        match segment:
            case Key(name):
                located = [
                    (child, (*at, name))
                    for value, at in located
                    if value.__class__ is dict
                    and (child := value.get(name)) is not None
                ]
            case Each():
                located = [pair for value, at in located for pair in _each(value, at)]
            case OnTypes(types):
                located = [
                    (value, at) for value, at in located if _is_one_of(value, types)
                ]
            case _:
                assert_never(segment)
    return ((value, at) for value, at in located if value.__class__ is dict)


def _is_one_of(value: JSONValue, types: tuple[str, ...]) -> bool:
    return value.__class__ is dict and value.get("__typename") in types


def _items(values: list[JSONValue]) -> list[JSONValue]:
    items = [item for value in values if value.__class__ is list for item in value]
    return _flat(items) if list in map(type, items) else items


def _flat(items: list[JSONValue]) -> list[JSONValue]:
    """Flatten lists of lists, which a reply can nest as deep as JSON allows."""
    flat: list[JSONValue] = []
    pending = [iter(items)]
    while pending:
        for item in pending[-1]:
            if item.__class__ is list:
                pending.append(iter(item))
                break
            flat.append(item)
        else:
            pending.pop()
    return flat


def _each(
    value: JSONValue, at: ConcretePath
) -> Iterator[tuple[JSONValue, ConcretePath]]:
    """Yield the values of `_items`, each with its path."""
    pending = [_indexed(value, at)]
    while pending:
        for item, where in pending[-1]:
            if item.__class__ is list:
                pending.append(_indexed(item, where))
                break
            yield item, where
        else:
            pending.pop()


def _indexed(
    value: JSONValue, at: ConcretePath
) -> Iterator[tuple[JSONValue, ConcretePath]]:
    items: list[JSONValue] = value if value.__class__ is list else []
    return ((item, (*at, index)) for index, item in enumerate(items))
