"""The seam to where cached answers are kept."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What to forget: of one upstream, below a path, with a tag (empty: any)."""

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
    """Keeps stored responses; forgets them when it must."""

    async def get(self, *keys: CacheKey) -> tuple[StoredResponse, ...]:
        """Return the variants stored under `keys`; those of one, in order of arrival.

        If the variants of one key are at hand, a store need not look far away for
        those of the others.
        """
        ...

    @property
    def moment(self) -> int:
        """Now, as `put` is told since when an answer was on its way."""
        ...

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        """Keep `stored`, in place of a variant with the same selection.

        Unless it was to be forgotten after the moment `since`.
        """
        ...

    async def remove(self, key: CacheKey) -> None:
        """Forget all variants of `key`."""
        ...

    async def invalidate(
        self, upstream: str, *paths: str, tags: Collection[str] = ()
    ) -> None:
        """Forget what GET of these very paths answered, and what has one of the tags.

        In all partitions; what takes longer than a request may wait goes on behind.
        """
        ...

    async def purge(self, purge: Purge) -> int:
        """Forget all that matches; return how many responses that were."""
        ...
