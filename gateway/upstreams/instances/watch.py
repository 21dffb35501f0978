"""Follows a discovery: instances come and go, and the last good answer is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final, TypeAlias

from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.policy import InstanceSpec

_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 300.0
_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 30.0
_JITTER: Final = 0.1

Apply: TypeAlias = Callable[[tuple[InstanceSpec, ...]], Awaitable[None]]
"""Takes the instances that there are from now on."""


class InstanceWatch:
    """A task that looks again when an answer's time is over.

    A look that fails, or finds nothing at all, changes nothing: instances that were
    there a minute ago are a better guess than none.
    """

    def __init__(
        self,
        discovery: Discovery,
        apply: Apply,
        rng: Random,
        found: tuple[InstanceSpec, ...] = (),
    ) -> None:
        self._discovery = discovery
        self._apply = apply
        self._rng = rng
        self.found = found
        self._failures = 0
        self._looked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.last_failure = ""

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="instance watch")

    async def stop(self) -> None:
        """End the task and wait for its end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def first_look(self) -> None:
        """Return when a look has ended, well or not."""
        self.start()
        await self._looked.wait()

    async def look(self) -> float:
        """Look now; return the seconds until the next look."""
        try:
            latest = await self._discovery.discover()
        except DiscoveryError as error:
            self._failures += 1
            self.last_failure = str(error)
            self._looked.set()
            return min(_RETRY_S * 2.0 ** (self._failures - 1), _LONGEST_RETRY_S)
        self._failures = 0
        if latest.instances and latest.instances != self.found:
            self.found = latest.instances
            await self._apply(latest.instances)
        self._looked.set()
        return min(max(latest.ttl_s, _SHORTEST_S), _LONGEST_S)

    async def _run(self) -> None:
        while True:
            rest_s = await self.look()
            await asyncio.sleep(rest_s * self._rng.uniform(1.0, 1.0 + _JITTER))
