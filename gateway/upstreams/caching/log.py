"""What a cache did of late: for the control port, and for "why was this a miss?"."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

CacheOutcome: TypeAlias = Literal["hit", "miss", "stale", "revalidated", "bypass"]

_KEPT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLookup:
    """One request's way through the cache; `reason` says why it was no hit."""

    request_id: str
    method: str
    path: str
    outcome: CacheOutcome
    reason: str


class CacheLog:
    """Counts outcomes, and keeps the last lookups that were no plain hits."""

    __slots__ = ("counts", "recent")

    def __init__(self) -> None:
        self.counts: Counter[CacheOutcome] = Counter()
        self.recent: deque[CacheLookup] = deque(maxlen=_KEPT)

    def add(self, lookup: CacheLookup) -> None:
        self.counts[lookup.outcome] += 1
        if lookup.outcome != "hit":
            self.recent.append(lookup)
