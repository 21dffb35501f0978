"""The client's paths of a value in the merged response.

The merged response has canonical keys. The client gets a value under each of its
aliases. It does not get values that were fetched for internal use, such as keys and
required fields.
"""

from collections.abc import Iterator
from typing import NamedTuple

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.paths import ClientPath
from weir.resolvers.execute.response.positions import (
    AbstractOf,
    ListOf,
    ObjectOf,
    ObjectSelection,
    Position,
)
from weir.resolvers.execute.run.collect import ConcretePath


class ClientLocation(NamedTuple):
    """A path in the client's response; if inexact, that of a visible parent."""

    path: ClientPath
    exact: bool


def client_locations(
    shape: ObjectSelection, root: JSONObject, path: ConcretePath
) -> Iterator[ClientLocation]:
    """Yield each of the client's paths of the value at `path`."""
    return _in_object(shape, root, path, ())


def _in_object(
    selection: ObjectSelection, source: JSONValue, path: ConcretePath, at: ClientPath
) -> Iterator[ClientLocation]:
    if not path:
        yield ClientLocation(at, exact=True)
        return
    key, rest = path[0], path[1:]
    fields = [field for field in selection.fields if field.key == key]
    if not fields:
        yield ClientLocation(at, exact=False)
    value = source.get(key) if source.__class__ is dict else None
    for field in fields:
        yield from _at(field.position, value, rest, (*at, field.response_key))


def _at(
    position: Position, value: JSONValue, path: ConcretePath, at: ClientPath
) -> Iterator[ClientLocation]:
    match position.kind:
        case ListOf(item, most) if path and isinstance(index := path[0], int):
            if most is not None and index >= most:
                yield ClientLocation(at, exact=False)
                return
            is_there = value.__class__ is list and 0 <= index < len(value)
            nested = value[index] if is_there else None
            yield from _at(item, nested, path[1:], (*at, index))
        case ObjectOf(selection):
            yield from _in_object(selection, value, path, at)
        case AbstractOf(selections) if path and value.__class__ is dict:
            typename = value.get("__typename")
            found = (
                selections.named(typename)
                if isinstance(typename, str)
                else selections.untyped()
            )
            if found is None:
                yield ClientLocation(at, exact=False)
            else:
                yield from _in_object(found, value, path, at)
        case _:
            yield ClientLocation(at, exact=True)
