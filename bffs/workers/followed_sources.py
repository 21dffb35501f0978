"""The sources of instances that the supervisor follows, for itself and its workers.

The workers get each set of instances before it is limited or used in any way, and each
failure. Sets are by source, and not by upstream: a reload may give a source to another
upstream, and two upstreams may have the same source.
"""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from random import Random

from weir.bffs.workers.messages import RecordListing
from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.listing import LOOKUP_FAILED, NO_INSTANCES, Listing
from weir.gateway.discovery.policy import DiscoverySource, InstanceSpec
from weir.gateway.upstreams.factories import DiscoveryFactory, new_discovery


class FollowedSources:
    """The last listings of the sources that workers use, or that are followed now.

    `send` sends a message to all workers that serve.
    """

    def __init__(
        self,
        send: Callable[[RecordListing], None],
        discoveries: DiscoveryFactory = new_discovery,
    ) -> None:
        self._send = send
        self._discoveries = discoveries
        self._listings: dict[DiscoverySource, Listing] = {}
        self._shared = frozenset[DiscoverySource]()

    def discovery(self, source: DiscoverySource, rng: Random) -> Discovery:
        """Return a discovery whose listings the workers get, too."""
        return _FollowedDiscovery(source, self._discoveries(source, rng), self)

    def share(self, sources: frozenset[DiscoverySource]) -> None:
        """Let the workers have the listings of these sources, and no others."""
        added = sources - self._shared
        self._shared = sources
        for source in self._listings.keys() - sources:
            del self._listings[source]
        for message in self.first_messages():
            if message.source in added:
                self._send(message)

    def first_messages(self) -> Iterator[RecordListing]:
        """Yield the messages by which a new worker has all listings."""
        for source, listing in self._listings.items():
            if source in self._shared:
                yield RecordListing(source, listing)

    def listed(
        self,
        source: DiscoverySource,
        found: tuple[InstanceSpec, ...],
        *,
        repeated: bool,
    ) -> None:
        """Record a set of instances.

        One that a source has `repeated` since it was opened is only sent to workers
        that have something else.
        """
        if not found:
            self.failed(source, NO_INSTANCES)
        elif not repeated or self._listings.get(source) != Listing(found):
            self._record(source, Listing(found))

    def failed(self, source: DiscoverySource, reason: str) -> None:
        """Record a failure; the instances known before remain."""
        known = self._listings.get(source)
        self._record(source, Listing(known.instances if known else (), reason))

    def left(self, source: DiscoverySource) -> None:
        """Forget the instances of a source that is not followed, unless it is used."""
        if source not in self._shared:
            self._listings.pop(source, None)

    def _record(self, source: DiscoverySource, listing: Listing) -> None:
        self._listings[source] = listing
        if source in self._shared:
            self._send(RecordListing(source, listing))


class _FollowedDiscovery:
    def __init__(
        self, source: DiscoverySource, discovery: Discovery, sources: FollowedSources
    ) -> None:
        self._source = source
        self._discovery = discovery
        self._sources = sources

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        last: tuple[InstanceSpec, ...] | None = None
        try:
            async with aclosing(self._discovery.changes()) as changes:
                async for found in changes:
                    self._sources.listed(self._source, found, repeated=found == last)
                    last = found
                    yield found
        except DiscoveryError as error:
            self._sources.failed(self._source, str(error))
            raise
        except Exception:
            self._sources.failed(self._source, LOOKUP_FAILED)
            raise
        finally:
            self._sources.left(self._source)
