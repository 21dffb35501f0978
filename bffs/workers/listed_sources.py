"""The sources of instances in a worker, which the supervisor follows."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from random import Random
from typing import Final

from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.errors import ReportedFailure
from weir.gateway.discovery.listing import Listing
from weir.gateway.discovery.policy import DiscoverySource, InstanceSpec

_CONFIRMED_S: Final = 10.0
"""The time in which the supervisor has confirmed a removal.

It begins when it is due in the worker, and so in the supervisor.
"""


class ListedSources:
    """The last listing of each source; `record` adds those of the supervisor."""

    def __init__(self) -> None:
        self._latest: dict[DiscoverySource, _Latest] = {}

    def discovery(self, source: DiscoverySource, rng: Random) -> Discovery:
        """Return the discovery of the instances that the supervisor has found."""
        del rng
        return _ListedDiscovery(self._of(source))

    def record(self, source: DiscoverySource, listing: Listing) -> None:
        self._of(source).replace(listing)

    def retain(self, sources: frozenset[DiscoverySource]) -> None:
        """Forget the listings of other sources than these."""
        for source in self._latest.keys() - sources:
            del self._latest[source]

    def _of(self, source: DiscoverySource) -> "_Latest":
        return self._latest.setdefault(source, _Latest())


class _Latest:
    """The last listing of one source, for which discoveries wait."""

    def __init__(self) -> None:
        self._listing: Listing | None = None
        self._replaced = asyncio.Event()

    def replace(self, listing: Listing) -> None:
        self._listing = listing
        self._replaced.set()
        self._replaced = asyncio.Event()

    async def after(self, taken: Listing | None) -> Listing:
        """Return the last listing, as soon as it is another one than `taken`."""
        while self._listing is None or self._listing is taken:
            await self._replaced.wait()
        return self._listing


class _ListedDiscovery:
    """A discovery that waits for listings; the supervisor repeats failed lookups."""

    def __init__(self, latest: _Latest) -> None:
        self._latest = latest
        self._taken: Listing | None = None
        """The last listing that its user has used, or whose failure was raised."""

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        listing = await self._begin()
        while True:
            if self._has_instances(listing):
                yield listing.instances
            self._taken = listing
            if listing.failure:
                raise ReportedFailure(listing.failure)
            listing = await self._latest.after(listing)

    async def _begin(self) -> Listing:
        """Return a listing that is not used yet, or else is still the last one."""
        taken = self._taken
        if taken is None or taken.failure:
            return await self._latest.after(taken)
        with suppress(TimeoutError):
            async with asyncio.timeout(_CONFIRMED_S):
                return await self._latest.after(taken)
        return taken

    def _has_instances(self, listing: Listing) -> bool:
        """Return whether there are instances to use, of now or not used before."""
        if not listing.failure:
            return True
        known = self._taken.instances if self._taken else ()
        return listing.instances not in ((), known)
