"""The periodic discovery of instances, which retains the last valid result."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final, TypeAlias

from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.policy import InstanceSpec

_LOG: Final = logging.getLogger("weir.upstreams")
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 300.0
_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 30.0
_JITTER: Final = 0.1

Apply: TypeAlias = Callable[[tuple[InstanceSpec, ...]], Awaitable[None]]
"""A function that replaces the instances of an upstream; it may raise OSError."""


class InstanceWatch:
    """A task that repeats the lookup when the last result has expired.

    A lookup that fails or finds no instances changes nothing: the previous instances
    may still be valid. So does one whose instances cannot be used, for example because
    a TLS file is not complete at this moment.
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
        self._lookup_done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.last_failure = ""

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

    async def look_up(self) -> float:
        """Look up the instances; return the seconds until the next lookup."""
        try:
            latest = await self._discovery.discover()
            if latest.instances and latest.instances != self.found:
                await self._apply(latest.instances)
                self.found = latest.instances
        except DiscoveryError as error:
            return self._failed(str(error))
        except OSError as error:
            return self._failed(f"the instances cannot be used: {error}")
        self._failures = 0
        self._lookup_done.set()
        return min(max(latest.ttl_s, _SHORTEST_S), _LONGEST_S)

    def _failed(self, reason: str) -> float:
        self._failures += 1
        self.last_failure = reason
        self._lookup_done.set()
        return min(_RETRY_S * 2.0 ** (self._failures - 1), _LONGEST_RETRY_S)

    async def _run(self) -> None:
        while True:
            try:
                delay_s = await self.look_up()
            except Exception:  # noqa: BLE001 - the edge of a background loop
                _LOG.exception("A lookup of instances failed.")
                delay_s = self._failed("the lookup failed")
            await asyncio.sleep(delay_s * self._rng.uniform(1.0, 1.0 + _JITTER))
