"""A bounded queue that clients share fairly: self-clocked fair queueing.

In a plain queue a client that asks for much work makes all others wait for it. Here
each entry gets a finish tag when it arrives: its cost after the tag of the client's
entry before it, or after the tag of the entry that was taken last, whichever is later.
The entry with the lowest tag is taken first. So a client with many or with costly
entries waits behind the others, and every entry's turn comes, because later entries get
ever higher tags. (Golestani, "A Self-Clocked Fair Queueing Scheme for Broadband
Applications", 1994.)

When the queue is full, the entry whose turn would come last has to go.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Waiting:
    client: str
    finish: int
    since_s: float


class FairQueue(Generic[T]):
    """Entries of clients, at most `limit`; finding the next looks at all of them."""

    __slots__ = ("_clock", "_limit", "_waiting")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: dict[T, _Waiting] = {}
        self._clock = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, entry: T, client: str, cost: int, now_s: float) -> T | None:
        """Add an entry; return the one that has to go for it, which may be itself."""
        own = [each.finish for each in self._waiting.values() if each.client == client]
        finish = max(own, default=self._clock) + cost
        self._waiting[entry] = _Waiting(client, finish, now_s)
        if len(self._waiting) <= self._limit:
            return None
        last = max(reversed(self._waiting), key=self._finish)
        del self._waiting[last]
        return last

    def pop(self) -> T | None:
        """Take the next entry out; None if there is none."""
        if not self._waiting:
            return None
        entry = min(self._waiting, key=self._finish)
        self._clock = self._waiting.pop(entry).finish
        return entry

    def discard(self, entry: T) -> bool:
        """Take an entry out; return whether it was there."""
        return self._waiting.pop(entry, None) is not None

    def oldest_s(self, now_s: float) -> float:
        """Return the seconds that the oldest entry has waited; 0 if there is none."""
        oldest = next(iter(self._waiting.values()), None)
        return now_s - oldest.since_s if oldest else 0.0

    def _finish(self, entry: T) -> int:
        return self._waiting[entry].finish
