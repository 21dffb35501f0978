"""The selection of parts of a JSON value: those at some paths, and all below them.

All paths are followed in one pass, so that the work does not grow with their number.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.routes.json_rules.path import JsonPath, Part


@dataclass(slots=True)
class _Node:
    """The paths with a common beginning; `ends` if one of them ends here."""

    below: dict[Part, "_Node"] = field(default_factory=dict[Part, "_Node"])
    ends: bool = False


_Nodes: TypeAlias = tuple[_Node, ...]
"""The nodes of all paths that lead to one value: by its name, and by `*`."""


class Selection:
    """The parts of values at `paths`; none without a path."""

    __slots__ = ("_root",)

    def __init__(self, paths: Iterable[JsonPath]) -> None:
        self._root = _Node()
        for path in paths:
            node = self._root
            for part in path.parts:
                node = node.below.setdefault(part, _Node())
            node.ends = True

    def __bool__(self) -> bool:
        return bool(self._root.below)

    def of(self, value: JSONValue) -> JSONValue:
        """Return a value of the selected parts alone.

        Objects and lists on the way to them remain, even if they become empty. A value
        that is neither has no parts, and becomes null.
        """
        return _selected(value, (self._root,))

    def remove_from(self, value: JSONValue) -> None:
        """Remove the selected parts from a value, which is changed."""
        _remove(value, (self._root,))


def _selected(value: JSONValue, nodes: _Nodes) -> JSONValue:
    if is_object(value):
        return {
            key: _selected_or_whole(below, found)
            for key, below in value.items()
            if _leads(below, found := _at(nodes, key))
        }
    if is_list(value):
        return list(_selected_items(value, nodes))
    return None


def _selected_items(items: list[JSONValue], nodes: _Nodes) -> Iterator[JSONValue]:
    of_all = _at(nodes, "")
    by_position = any(node.below.keys() - {None} for node in nodes)
    for index, item in enumerate(items):
        found = _at(nodes, str(index)) if by_position else of_all
        if _leads(item, found):
            yield _selected_or_whole(item, found)


def _selected_or_whole(value: JSONValue, nodes: _Nodes) -> JSONValue:
    whole = any(node.ends for node in nodes)
    return value if whole else _selected(value, nodes)


def _leads(value: JSONValue, nodes: _Nodes) -> bool:
    """Return whether a value is selected, or has parts that may be."""
    return any(node.ends for node in nodes) or (
        bool(nodes) and isinstance(value, dict | list)
    )


def _at(nodes: _Nodes, key: str) -> _Nodes:
    found: list[_Node] = []
    for node in nodes:
        for part in (key, None):
            below = node.below.get(part)
            if below is not None:
                found.append(below)
    return tuple(found)


def _remove(value: JSONValue, nodes: _Nodes) -> None:
    if is_object(value):
        for key in list(value):
            if _is_gone(value[key], _at(nodes, key)):
                del value[key]
    elif is_list(value):
        of_all = _at(nodes, "")
        by_position = any(node.below.keys() - {None} for node in nodes)
        value[:] = [
            item
            for index, item in enumerate(value)
            if not _is_gone(item, _at(nodes, str(index)) if by_position else of_all)
        ]


def _is_gone(value: JSONValue, nodes: _Nodes) -> bool:
    """Return whether a value is removed; otherwise remove the parts below it."""
    if any(node.ends for node in nodes):
        return True
    if nodes:
        _remove(value, nodes)
    return False
