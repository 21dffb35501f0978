"""Moves of values within a JSON value."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from weir.gateway.json_types import JSONObject, JSONValue, is_object
from weir.gateway.routes.json_rules.path import (
    InvalidPath,
    JsonPath,
    Part,
    values_at,
)


@dataclass(frozen=True, slots=True)
class Move:
    """A move of the value at `source` to `target`, in each object at `within`."""

    within: tuple[Part, ...]
    source: tuple[str, ...]
    target: tuple[str, ...]


def parse_move(source: JsonPath, target: JsonPath) -> Move:
    """Return the move between two paths; raise InvalidPath.

    The paths up to the last `*` are the same, so that each value has one place.
    """
    stars = [index for index, part in enumerate(source.parts, 1) if part is None]
    common = stars[-1] if stars else 0
    same = source.parts[:common] == target.parts[:common]
    last, new = _keys(source.parts[common:]), _keys(target.parts[common:])
    if not same or not last or not new:
        message = (
            f"{source.text} cannot be moved to {target.text}: both need the same parts"
            " up to the last *, and a key after it"
        )
        raise InvalidPath(message)
    if new[: len(last)] == last:
        message = f"{source.text} cannot be moved to {target.text}, which is in it"
        raise InvalidPath(message)
    return Move(source.parts[:common], last, new)


def parse_rename(source: JsonPath, name: str) -> Move:
    """Return the move of a value to another key of its object; raise InvalidPath."""
    return parse_move(source, JsonPath(name, (*source.parts[:-1], name)))


def moved(value: JSONValue, moves: Iterable[Move]) -> None:
    """Carry out all moves at once; a value at a target is replaced.

    All values are taken out before the first is put back, so that two can change
    places.
    """
    by_place: defaultdict[tuple[Part, ...], list[Move]] = defaultdict(list)
    for move in moves:
        by_place[move.within].append(move)
    taken = [
        (within, move.target, found)
        for place, here in by_place.items()
        for within in values_at(value, place)
        if is_object(within)
        for move in here
        for found in _taken(within, move.source)
    ]
    for within, target, found in taken:
        _put(within, target, found)


def _keys(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """Return parts without `*`, or none at all."""
    keys = tuple(part for part in parts if part is not None)
    return keys if len(keys) == len(parts) else ()


def _taken(within: JSONObject, source: tuple[str, ...]) -> list[JSONValue]:
    for parent in values_at(within, source[:-1]):
        if is_object(parent) and source[-1] in parent:
            return [parent.pop(source[-1])]
    return []


def _put(within: JSONObject, target: tuple[str, ...], value: JSONValue) -> None:
    for key in target[:-1]:
        below = within.get(key)
        if not is_object(below):
            below = within[key] = {}
        within = below
    within[target[-1]] = value
