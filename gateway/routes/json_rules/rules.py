"""The rules of one JSON value, in the order in which they apply.

    allow -> rename and move -> deny -> flatten

Values are changed in place: they have to be the caller's own. The work is in proportion
to the value and the number of rules, which is limited.
"""

from dataclasses import dataclass
from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.json_rules.moves import Move, moved
from weir.gateway.routes.json_rules.path import (
    JsonPath,
    Part,
    position,
    values_at,
)
from weir.gateway.routes.json_rules.selection import Selection

MAX_RULES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRules:
    """Rules by paths; those of `rename` are among the moves.

    With `allow`, other parts are removed. `deny` has the paths after the moves, so that
    it can remove what a value was moved out of. `flatten` replaces a value by its
    contents: the keys of an object go into the object around it, which keeps its own,
    and the items of a list into the list around it.
    """

    allow: tuple[JsonPath, ...] = ()
    deny: tuple[JsonPath, ...] = ()
    moves: tuple[Move, ...] = ()
    flatten: tuple[JsonPath, ...] = ()

    def compiled(self) -> "CompiledRules":
        """Return the rules in the form that changes values."""
        return CompiledRules(self, Selection(self.allow), Selection(self.deny))

    def top_keys(self) -> frozenset[str] | None:
        """Return the keys that a changed object can have, or None if they are open."""
        first = {path.parts[0] for path in self.allow}
        opened = any(len(path.parts) == 1 for path in self.flatten)
        if not first or None in first or opened:
            return None
        top = [move for move in self.moves if not move.within]
        # A key remains if only something in its value is moved away.
        gone = {move.source[0] for move in top if len(move.source) == 1}
        keys = {key for key in first if key is not None} - gone
        return frozenset(keys.union(move.target[0] for move in top))


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """Rules that can be applied to values."""

    rules: JsonRules
    allowed: Selection
    denied: Selection

    def changed(self, value: JSONValue) -> JSONValue:
        """Return the value by the rules; `value` itself is used up."""
        if self.allowed:
            value = self.allowed.of(value)
        if self.rules.moves:
            moved(value, self.rules.moves)
        if self.denied:
            self.denied.remove_from(value)
        for path in self.rules.flatten:
            for parent in values_at(value, path.parts[:-1]):
                _flatten(parent, path.parts[-1])
        return value


def _flatten(parent: JSONValue, part: Part) -> None:
    if is_object(parent):
        _flatten_objects(parent, part)
    elif is_list(parent):
        chosen = None if part is None else position(part, parent)
        if part is None or chosen is not None:
            parent[:] = _flattened(parent, chosen)


def _flatten_objects(parent: JSONObject, part: Part) -> None:
    for key in [part] if part is not None else list(parent):
        value = parent.get(key)
        if is_object(value):
            del parent[key]
            for below, each in value.items():
                parent.setdefault(below, each)


def _flattened(items: list[JSONValue], chosen: int | None) -> list[JSONValue]:
    flat: list[JSONValue] = []
    for index, item in enumerate(items):
        if is_list(item) and chosen in (None, index):
            flat += item
        else:
            flat.append(item)
    return flat
