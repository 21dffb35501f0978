"""A log of changes that can be reverted."""

from typing import Any

_ABSENT = object()


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

    def undo(self, mark: int) -> None:
        changes = self._changes
        while len(changes) > mark:
            target, key, old = changes.pop()
            if isinstance(target, list):
                target.pop()
            elif old is _ABSENT:
                del target[key]
            else:
                target[key] = old
