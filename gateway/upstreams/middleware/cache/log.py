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

    def hit(self) -> None:
        """Count a hit, of which there is nothing more to say."""
        self.counts["hit"] += 1

    def add(self, lookup: CacheLookup) -> None:
        """Count and keep a lookup that was no hit."""
        self.counts[lookup.outcome] += 1
        self.recent.append(lookup)
