"""A configuration as nested mappings and lists that are changed in place."""

from collections.abc import Callable
from typing import Any


def _unchanged(value: object) -> object:
    return value


class ConfigTree:
    """The values below `root`, which are plain data or the nodes of a YAML text.

    `written` converts a value to its stored form, and `wrapper` creates the mapping
    that replaces a short form.
    """

    def __init__(
        self,
        root: object,
        written: Callable[[object], object] = _unchanged,
        wrapper: Callable[[], Any] = dict,
    ) -> None:
        self.root: Any = root
        self._written = written
        self._wrapper = wrapper

    def get(self, *path: str | int) -> Any:
        """Return the value at `path`, which must exist."""
        node = self.root
        for key in path:
            node = node[key]
        return node

    def put(self, value: object, *path: str | int) -> None:
        """Set the value at `path`, and create the mappings on the way."""
        *parents, last = path
        self._parent(*parents)[last] = self._written(value)

    def append(self, value: object, *path: str | int) -> None:
        """Append to the list at `path`, and create it if there is none."""
        *parents, last = path
        mapping = self._parent(*parents)
        if mapping.get(last) is None:
            mapping[last] = []
        mapping[last].append(self._written(value))

    def wrap(self, key: str, *path: str | int) -> None:
        """Replace the value at `path` by a mapping that has it at `key`."""
        *parents, last = path
        parent = self.get(*parents)
        wrapped = self._wrapper()
        wrapped[key] = parent[last]
        parent[last] = wrapped

    def remove(self, *path: str | int) -> None:
        """Remove the value at `path`, which must exist."""
        *parents, last = path
        del self.get(*parents)[last]

    def _parent(self, *path: str | int) -> Any:
        node = self.root
        for key in path:
            if isinstance(key, str) and node.get(key) is None:
                node[key] = {}
            node = node[key]
        return node
