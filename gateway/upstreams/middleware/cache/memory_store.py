"""A store in memory, bounded in bytes.

With a plain LRU, one crawl over many pages evicts all popular responses. This store has
two LRU lists (segmented LRU). A new entry is on probation, and becomes protected when
it is requested again. Entries on probation are evicted first, so a crawl only evicts
entries that were requested once. The protected list is bounded too; its least recently
used entry moves back to probation.
"""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

from weir.gateway.upstreams.middleware.cache.invalidation import PathInvalidation
from weir.gateway.upstreams.middleware.cache.invalidation_log import InvalidationLog
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import (
    STORED_METHODS,
    CacheKey,
    StoredResponse,
)

DEFAULT_BYTES: Final = 64 * 1024 * 1024
_PROTECTED_SHARE: Final = 0.8
_LARGEST_SHARE: Final = 0.1
"""Entries above this share of the store are not stored."""
_MAX_VARIANTS: Final = 16
"""The limit of variants under one key; Vary: User-Agent would have thousands."""


@dataclass(frozen=True, slots=True)
class _Entry:
    variants: tuple[StoredResponse, ...]
    size: int


_Index: TypeAlias = "dict[tuple[str, str], set[CacheKey]]"
"""Keys by upstream and target (method and path), or upstream and tag."""

_Segment: TypeAlias = "OrderedDict[CacheKey, _Entry]"


class MemoryStore:
    """A `CacheStore` in this process."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._probation: _Segment = OrderedDict()
        self._protected: _Segment = OrderedDict()
        self._protected_bytes = 0
        self._targets: _Index = {}
        self._tagged: _Index = {}
        self._invalidations = InvalidationLog()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._probation) + len(self._protected)

    async def get(self, *keys: CacheKey) -> tuple[StoredResponse, ...]:
        found = [variant for key in keys for variant in self._variants(key)]
        return tuple(found)

    def _variants(self, key: CacheKey) -> tuple[StoredResponse, ...]:
        entry = self._protected.get(key)
        if entry is not None:
            self._protected.move_to_end(key)
            return entry.variants
        entry = self._probation.pop(key, None)
        if entry is None:
            return ()
        self._protect(key, entry)
        return entry.variants

    @property
    def sequence(self) -> int:
        return self._invalidations.sequence

    def is_invalidated(self, key: CacheKey, stored: StoredResponse, since: int) -> bool:
        """Return whether an invalidation after the number `since` affects `stored`."""
        return self._invalidations.affects(key, stored, since)

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        if since is not None and self.is_invalidated(key, stored, since):
            return
        protected = key in self._protected
        before = self._remove(key)
        others = () if before is None else before.variants
        remaining = [one for one in others if one.selection != stored.selection]
        variants = (*remaining[1 - _MAX_VARIANTS :], stored)
        entry = _Entry(variants, sum(one.size for one in variants))
        if entry.size > self._max_bytes * _LARGEST_SHARE:
            return
        self._index(key, entry)
        self.bytes += entry.size
        if protected:
            self._protect(key, entry)
        else:
            self._probation[key] = entry
        self._make_room()

    async def remove(self, key: CacheKey) -> None:
        self._remove(key)

    async def invalidate_keys(self, *keys: CacheKey) -> None:
        for key in keys:
            self._invalidations.add(key)
            self._remove(key)

    async def invalidate(
        self,
        upstream: str,
        *paths: str,
        only_get: bool = False,
        tags: Collection[str] = (),
    ) -> None:
        methods = ("GET",) if only_get else STORED_METHODS
        for path in paths:
            self._invalidations.add(PathInvalidation(upstream, path, only_get))
            for method in methods:
                target = (upstream, f"{method} {path}")
                for key in tuple(self._targets.get(target, ())):
                    self._remove(key)
        for tag in tags:
            await self.purge(Purge(upstream=upstream, tag=tag))

    async def purge(self, purge: Purge) -> int:
        self._invalidations.add(purge)
        purged = 0
        for key in self._candidates(purge):
            entry = self._probation.get(key) or self._protected[key]
            remaining = [one for one in entry.variants if not purge.matches(key, one)]
            if len(remaining) == len(entry.variants):
                continue
            purged += len(entry.variants) - len(remaining)
            self._remove(key)
            for stored in remaining:
                await self.put(key, stored)
        return purged

    def _candidates(self, purge: Purge) -> tuple[CacheKey, ...]:
        if purge.tag:
            return tuple(self._tagged.get((purge.upstream, purge.tag.lower()), ()))
        return (*self._probation, *self._protected)

    def _protect(self, key: CacheKey, entry: _Entry) -> None:
        self._protected[key] = entry
        self._protected_bytes += entry.size
        while self._protected_bytes > self._max_bytes * _PROTECTED_SHARE:
            demoted, oldest = self._protected.popitem(last=False)
            self._protected_bytes -= oldest.size
            self._probation[demoted] = oldest

    def _make_room(self) -> None:
        while self.bytes > self._max_bytes:
            self._remove(next(iter(self._probation or self._protected)))

    def _remove(self, key: CacheKey) -> _Entry | None:
        entry = self._probation.pop(key, None)
        if entry is None:
            entry = self._protected.pop(key, None)
            if entry is None:
                return None
            self._protected_bytes -= entry.size
        self.bytes -= entry.size
        self._unindex(key, entry)
        return entry

    def _index(self, key: CacheKey, entry: _Entry) -> None:
        self._targets.setdefault(_target(key), set()).add(key)
        for tag in _tags(entry):
            self._tagged.setdefault((key.upstream, tag), set()).add(key)

    def _unindex(self, key: CacheKey, entry: _Entry) -> None:
        _discard(self._targets, _target(key), key)
        for tag in _tags(entry):
            _discard(self._tagged, (key.upstream, tag), key)


def _target(key: CacheKey) -> tuple[str, str]:
    return key.upstream, f"{key.method} {key.path}"


def _tags(entry: _Entry) -> frozenset[str]:
    return frozenset[str]().union(*(one.tags for one in entry.variants))


def _discard(index: _Index, entry_key: tuple[str, str], key: CacheKey) -> None:
    keys = index.get(entry_key)
    if keys is not None:
        keys.discard(key)
        if not keys:
            del index[entry_key]
