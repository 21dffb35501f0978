"""What was planned before: a bounded memory of the least recently used.

What a plan depends on is its key. The cache belongs to one view of one graph, so that
these are no part of it; device profiles never are, as one plan serves all of them.
Misses of one key at once are the caller's concern.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

DEFAULT_CAPACITY = 1000


class LruCache(Generic[Key, Value]):
    """Holds at most `capacity` values; getting one makes it the latest used."""

    __slots__ = ("_capacity", "_values")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """Give what is kept under a key, None if nothing is."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def latest(self, count: int) -> list[Key]:
        """Give up to `count` keys, the latest used last."""
        return list(self._values)[-count:]

    def mapped(self, change: Callable[[Value], Value]) -> "LruCache[Key, Value]":
        """Return another cache that holds each value as `change` returns it."""
        other: LruCache[Key, Value] = LruCache(self._capacity)
        # A copy, as the event loop may put values while a thread takes them over.
        for key, value in self._values.copy().items():
            other._values[key] = change(value)
        return other

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, and forget the least recently used beyond the capacity."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._capacity:
            self._values.popitem(last=False)
