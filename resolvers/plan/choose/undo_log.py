"""A log of changes that can be reverted."""

from collections.abc import Sequence
from typing import Any, TypeAlias

_ABSENT = object()

Change: TypeAlias = tuple[Any, Any, Any]
"""The dict or list, the key, and the value: old in the log, new in what is undone."""
Undone: TypeAlias = Sequence[Change]


class UndoLog:
    """Changes of dicts and lists in order, so that the latest can be reverted."""

    __slots__ = ("_changes",)

    def __init__(self) -> None:
        self._changes: list[tuple[Any, Any, Any]] = []

    def put(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        self._changes.append((target, key, target.get(key, _ABSENT)))
        target[key] = value

    def append(self, target: list[Any], value: Any) -> None:
        self._changes.append((target, None, None))
        target.append(value)

    def mark(self) -> int:
        return len(self._changes)

    def undo(self, mark: int) -> Undone:
        """Revert the changes since a mark, and return them for `redo`."""
        changes = self._changes
        undone: list[Change] = []
        while len(changes) > mark:
            target, key, old = changes.pop()
            if target.__class__ is list:
                undone.append((target, None, target.pop()))
            else:
                undone.append((target, key, target[key]))
                if old is _ABSENT:
                    del target[key]
                else:
                    target[key] = old
        undone.reverse()
        return undone

    def redo(self, undone: Undone) -> None:
        """Make changes again in the state in which they were made first."""
        for target, key, value in undone:
            if target.__class__ is list:
                self.append(target, value)
            else:
                self.put(target, key, value)
