"""A bounded cache of the least recently used values.

All inputs of a value belong into its key, or the cache belongs to the object that they
are part of. The caller handles concurrent misses of one key.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

DEFAULT_CAPACITY = 1000


class LruCache(Generic[Key, Value]):
    """A cache of at most `capacity` values. `get` counts as a use of a value.

    With `weigh`, `capacity` is the largest sum of the weights of all values, which must
    not change while they are cached. `evicted` counts the values that had to go.
    """

    __slots__ = ("_capacity", "_values", "_weigh", "_weight", "evicted")

    def __init__(
        self,
        capacity: int = DEFAULT_CAPACITY,
        weigh: Callable[[Key, Value], int] = lambda _, __: 1,
    ) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, or None if there is no value."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def peek(self, key: Key) -> Value | None:
        """Return the value of a key, without counting as a use."""
        return self._values.get(key)

    def latest(self, count: int) -> list[Key]:
        """Return up to `count` keys, the most recently used last."""
        return list(self._values)[-count:]

    def items(self) -> list[tuple[Key, Value]]:
        """Return all keys with their values, the most recently used last."""
        return list(self._values.items())

    def mapped(self, change: Callable[[Value], Value]) -> "LruCache[Key, Value]":
        """Return another cache that holds each value as `change` returns it."""
        other: LruCache[Key, Value] = LruCache(self._capacity, self._weigh)
        # A copy, as the event loop may put values while a thread copies them.
        for key, value in self._values.copy().items():
            other.put(key, change(value))
        return other

    def put(self, key: Key, value: Value) -> None:
        """Store a value, and evict the least recently used ones beyond the capacity."""
        replaced = self._values.get(key)
        if replaced is not None:
            self._weight -= self._weigh(key, replaced)
        self._values[key] = value
        self._values.move_to_end(key)
        self._weight += self._weigh(key, value)
        while self._weight > self._capacity:
            self._weight -= self._weigh(*self._values.popitem(last=False))
            self.evicted += 1
