"""Caches of prepared operations that share one limit of memory.

Each engine has a cache. When all of them together exceed the limit, compiled code is
freed first, beginning with the plan that was used least: it is interpreted until it was
used as often again. Then the largest cache evicts the value that it has not used for
longest. So a client that sends many or large operations to one façade evicts the
operations of this façade.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

from weir.resolvers.execute.compiled.code import Code

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

DEFAULT_BYTES: Final = 64 * 1024 * 1024


class PlanMemory:
    """The memory of all caches, and of the code of all plans.

    A cache is freed with its engine, and code with its plan.
    """

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        self._limit = limit
        self._caches: WeakSet[PlanCache[Any, Any]] = WeakSet()
        self._codes: WeakSet[Code] = WeakSet()
        self.lock: Final = Lock()
        """A thread fills the caches of the next generation, while others serve."""

    @property
    def used(self) -> int:
        """The bytes of all cached values, and of the code that is not stored."""
        values = sum(cache.used for cache in tuple(self._caches))
        return values + sum(
            each.size_bytes for each in self.codes if not each.is_stored
        )

    @property
    def codes(self) -> tuple[Code, ...]:
        """The code of all plans that was compiled, with the one that was freed."""
        return tuple(self._codes)

    def add_code(self, code: Code) -> None:
        """Count the code of a plan from now on, and make room for it."""
        with self.lock:
            self._codes.add(code)
            self.make_room()

    def register(self, cache: "PlanCache[Any, Any]") -> None:
        """Count a cache from now on."""
        with self.lock:
            self._caches.add(cache)

    def make_room(self) -> None:
        """Evict code and values until all together are within the limit.

        The caller holds the lock.
        """
        codes = [(each, each.size_bytes) for each in self.codes if not each.is_stored]
        caches = tuple(self._caches)
        used = sum(size for _, size in codes) + sum(each.used for each in caches)
        excess = used - self._limit
        if excess <= 0:
            return
        for code, size in sorted(codes, key=lambda each: each[0].uses):
            if size:
                excess -= size
                code.drop()
            if excess <= 0:
                return
        while excess > 0:
            excess -= max(caches, key=lambda cache: cache.used).evict()


class PlanCache(Generic[Key, Value]):
    """The values of one engine. `get` counts as a use of a value."""

    __slots__ = ("__weakref__", "_memory", "_values", "used")

    def __init__(self, memory: PlanMemory) -> None:
        self._memory = memory
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.used = 0
        memory.register(self)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, or None if there is no value."""
        values = self._values
        try:
            value, _ = values[key]
            values.move_to_end(key)
        except KeyError:  # also if another cache has just made room
            return None
        return value

    def items(self) -> list[tuple[Key, Value, int]]:
        """Return a copy of the keys, values and sizes."""
        with self._memory.lock:
            return [(key, *entry) for key, entry in self._values.items()]

    def latest(self, count: int) -> list[Key]:
        """Return up to `count` keys, the most recently used last."""
        return list(self._values)[-count:]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Store a value of `size` bytes, and evict others if there is no room."""
        with self._memory.lock:
            replaced = self._values.pop(key, None)
            self._values[key] = (value, size)
            self.used += size - (replaced[1] if replaced else 0)
            self._memory.make_room()

    def peek(self, key: Key) -> Value | None:
        """Return the value of a key, without counting as a use."""
        found = self._values.get(key)
        return found[0] if found else None

    def grow(self, key: Key, size: int) -> None:
        """Count more bytes for the value of a key, if it is still there."""
        found = self._values.get(key)
        if found is not None:
            self.put(key, found[0], found[1] + size)

    def fill_from(
        self, other: "PlanCache[Key, Value]", change: Callable[[Value], Value]
    ) -> None:
        """Store each value of another cache as `change` returns it."""
        for key, value, size in other.items():
            self.put(key, change(value), size)

    def evict(self) -> int:
        """Drop the value that was not used for longest, and return its size.

        The caller holds the lock.
        """
        _, (_, size) = self._values.popitem(last=False)
        self.used -= size
        return size
