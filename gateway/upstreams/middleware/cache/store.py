"""The interface of stores of cached responses."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """The invalidation of an upstream's responses by path prefix and tag.

    An empty prefix or tag matches all responses.
    """

    upstream: str
    path_prefix: str = ""
    tag: str = ""

    def matches(self, key: CacheKey, stored: StoredResponse) -> bool:
        return (
            key.upstream == self.upstream
            and key.path.startswith(self.path_prefix)
            and (not self.tag or self.tag.lower() in stored.tags)
        )


class CacheStore(Protocol):
    """A store of responses."""

    async def get(self, *keys: CacheKey) -> tuple[StoredResponse, ...]:
        """Return the variants stored under `keys`, for each key in order of arrival.

        If the variants of one key are available locally, a store may omit a remote
        lookup of the others.
        """
        ...

    @property
    def sequence(self) -> int:
        """The number of the latest invalidation; see `put`."""
        ...

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        """Store a response, and replace a variant with the same selection.

        Do nothing if an invalidation after the number `since` affects it. `since` is
        the value of `sequence` when the request was sent.
        """
        ...

    async def remove(self, key: CacheKey) -> None:
        """Remove all variants of `key`."""
        ...

    async def invalidate(
        self,
        upstream: str,
        *paths: str,
        only_get: bool = False,
        tags: Collection[str] = (),
    ) -> None:
        """Remove the responses of exactly these paths, and those with a tag.

        With `only_get`, responses of the paths to other methods remain. This applies to
        all partitions. A store may complete a slow invalidation in the
        background.
        """
        ...

    async def invalidate_keys(self, *keys: CacheKey) -> None:
        """Remove all variants of `keys`, also those that are on their way."""
        ...

    async def purge(self, purge: Purge) -> int:
        """Remove all matching responses; return their number."""
        ...
