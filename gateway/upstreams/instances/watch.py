"""The discovery of instances, which retains the last valid ones."""

import asyncio
import logging
from contextlib import aclosing
from random import Random
from typing import Final, Protocol

from weir.gateway.clock import Clock
from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.errors import DiscoveryError, ReportedFailure
from weir.gateway.discovery.listing import LOOKUP_FAILED, NO_INSTANCES
from weir.gateway.upstreams.instances.removal import (
    INTERVAL_S,
    GradualRemoval,
    Specs,
)
from weir.gateway.upstreams.instances.staleness import DiscoverySnapshot, Staleness

_LOG: Final = logging.getLogger("weir.upstreams")
_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 30.0
_JITTER: Final = 0.1


class WatchedInstances(Protocol):
    """The instances of an upstream, which its source changes."""

    async def set_instances(self, specs: Specs) -> None:
        """Replace the instances; raise OSError if they cannot be used."""
        ...

    def healthy_urls(self) -> frozenset[str]:
        """Return the URLs of the healthy instances."""
        ...


class InstanceWatch:
    """A task that follows the changes of a source.

    A source that fails, or has no instances, changes nothing: the previous instances
    may still be valid. So does one whose instances cannot be used, for example because
    a TLS file is not complete at this moment. The task then begins again, after a time
    that grows with each failure.
    """

    def __init__(
        self,
        discovery: Discovery,
        instances: WatchedInstances,
        *,
        removal: GradualRemoval,
        staleness: Staleness,
        clock: Clock,
        rng: Random,
        found: Specs = (),
    ) -> None:
        self._discovery = discovery
        self._instances = instances
        self._removal = removal
        self._staleness = staleness
        self._clock = clock
        self._rng = rng
        self.found = found
        self._retry_s = _RETRY_S
        self._confirm_s: float | None = None
        self._lookup_done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def last_failure(self) -> str:
        """The reason why the instances are stale, or empty."""
        return self._staleness.reason

    def snapshot(self, now_s: float) -> DiscoverySnapshot:
        return self._staleness.snapshot(now_s)

    def start(self) -> None:
        """Start the task if it is not running."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="instance watch")

    async def stop(self) -> None:
        """Cancel the task and wait for its end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def first_lookup(self) -> None:
        """Return when a lookup has ended, with or without success."""
        self.start()
        await self._lookup_done.wait()

    async def _run(self) -> None:
        while True:
            delay_s = _RETRY_S
            try:
                await self._follow()
            except ReportedFailure as error:
                # The next report is all that there is to wait for.
                self._report(str(error))
                continue
            except DiscoveryError as error:
                delay_s = self._failed(str(error))
            except OSError as error:
                delay_s = self._failed(f"the instances cannot be used: {error}")
            except Exception:  # noqa: BLE001 - the edge of a background loop
                _LOG.exception("A lookup of instances failed.")
                delay_s = self._failed(LOOKUP_FAILED)
            await asyncio.sleep(delay_s * self._rng.uniform(1.0, 1.0 + _JITTER))

    async def _follow(self) -> None:
        """Follow the source until it ends, or has to confirm a removal."""
        async with aclosing(self._discovery.changes()) as changes:
            while True:
                confirmation = asyncio.timeout(self._confirm_s)
                try:
                    async with confirmation:
                        found = await anext(changes)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    if confirmation.expired():
                        return
                    raise
                await self._take(found)

    async def _take(self, found: Specs) -> None:
        """Use the instances that the source has now."""
        if not found:
            self._report(NO_INSTANCES)
            return
        now_s = self._clock.monotonic_s()
        healthy_urls = self._instances.healthy_urls
        allowed = self._removal.allowed(self.found, found, healthy_urls, now_s)
        if allowed != self.found:
            await self._instances.set_instances(allowed)
            self.found = allowed
        self._retry_s = _RETRY_S
        self._confirm_s = None
        if len(allowed) == len(found):
            self._staleness.end(now_s)
        else:
            self._confirm_s = INTERVAL_S
            self._staleness.begin(_remaining(len(allowed) - len(found)), now_s)
        self._lookup_done.set()

    def _failed(self, reason: str) -> float:
        """Return the time until the next attempt."""
        self._report(reason)
        delay_s = self._retry_s
        self._retry_s = min(2 * delay_s, _LONGEST_RETRY_S)
        return delay_s

    def _report(self, reason: str) -> None:
        """Mark the instances as stale; calls wait for them no longer."""
        self._staleness.begin(reason, self._clock.monotonic_s())
        self._lookup_done.set()


def _remaining(count: int) -> str:
    return f"{count} instances remain, because too many were removed at once"
