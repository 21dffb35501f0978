"""Plans that were made before: a bounded memory of the least recently used.

Misses of one key at once are the caller's concern; a plan is the same whoever made it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanKey:
    """What a plan depends on.

    `graph` and `view` are ids that change with their content; `document` is the text
    that was sent, or a digest of it. Device profiles are no part: one plan serves all.
    """

    graph: str
    view: str
    document: str
    operation_name: str | None = None
    overrides: frozenset[str] = frozenset()


class PlanCache(Generic[Value]):
    """Holds at most `capacity` values; getting one makes it the latest used."""

    __slots__ = ("_capacity", "_values")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[PlanKey, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: PlanKey) -> Value | None:
        """Give what is kept under a key, None if nothing is."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: PlanKey, value: Value) -> None:
        """Keep a value, and forget the least recently used beyond the capacity."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._capacity:
            self._values.popitem(last=False)
