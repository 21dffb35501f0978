"""A bounded queue with self-clocked fair queueing of clients.

In a FIFO queue, the work of one client delays all others. Here each entry gets a finish
tag when it arrives: its cost plus the tag of the client's previous entry, or the tag of
the entry that was taken last, whichever is higher. The entry with the lowest tag is
taken first. So a client with many or costly entries waits behind the others. No entry
waits for ever, because later entries get ever higher tags. (Golestani, "A Self-Clocked
Fair Queueing Scheme for Broadband Applications", 1994.)

A full queue drops the entries with the highest tags.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Waiting:
    client: str
    finish: int
    since_s: float


class FairQueue(Generic[T]):
    """At most `limit` entries of clients. Finding the next one scans all of them."""

    __slots__ = ("_clock", "_limit", "_waiting")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: dict[T, _Waiting] = {}
        self._clock = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, entry: T, client: str, cost: int, now_s: float) -> Sequence[T]:
        """Add an entry; return the entries that are dropped, maybe this one as well."""
        own = [each.finish for each in self._waiting.values() if each.client == client]
        finish = max(own, default=self._clock) + cost
        self._waiting[entry] = _Waiting(client, finish, now_s)
        dropped: list[T] = []
        while len(self._waiting) > self._limit:
            last = max(reversed(self._waiting), key=self._finish)
            del self._waiting[last]
            dropped.append(last)
        return dropped

    def pop(self, may_leave: Callable[[T], bool] = lambda _: True) -> T | None:
        """Remove the next of the entries that may leave, and return it, or None."""
        eligible = filter(may_leave, self._waiting)
        entry = min(eligible, key=self._finish, default=None)
        if entry is not None:
            self._clock = max(self._clock, self._waiting.pop(entry).finish)
        return entry

    def discard(self, entry: T) -> bool:
        """Remove an entry; return whether it was in the queue."""
        return self._waiting.pop(entry, None) is not None

    def oldest_s(self, now_s: float) -> float:
        """Return the waiting time of the oldest entry in seconds, 0 without entries."""
        oldest = next(iter(self._waiting.values()), None)
        return now_s - oldest.since_s if oldest else 0.0

    def _finish(self, entry: T) -> int:
        return self._waiting[entry].finish
