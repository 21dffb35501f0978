"""The live processes that share the limits, as their heartbeats in the store show.

Each process reports itself every second. The number is the highest of the last seconds,
as the first process that returns after a restart of the store is not the only one.
Without the store, the last known number remains.
"""

import asyncio
from contextlib import suppress
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.limits.shared.script import BEAT, LIVE_S, TAKE
from weir.gateway.shared_store.connection import RedisConnection

_LESS_AFTER_S: Final = 10.0
_PREPARATION_S: Final = 1.0


class Processes:
    """A user of the store that counts the live processes, and loads the script."""

    channel = ""

    def __init__(self, prefix: str, name: str, clock: Clock, least: int = 1) -> None:
        self.live = least
        """The number of processes: at least those of this gateway."""
        self.script: bytes | None = None
        """The digest of `TAKE`, or None until Redis knows the script."""
        self._key = f"{prefix}:processes"
        self._name = name
        self._least = least
        self._clock = clock
        self._confirmed_s = clock.monotonic_s()

    def receive(self, message: bytes) -> None:
        """Ignore a message: there is no channel."""

    async def prepare(self, connection: RedisConnection) -> bool:
        """Load the script, and report this process; the connection remains usable."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PREPARATION_S):
                loading = connection.send_untimed("SCRIPT", "LOAD", TAKE)
                beating = connection.send_untimed(
                    "EVAL", BEAT, 1, self._key, self._name, str(LIVE_S)
                )
                digest, count = await loading, await beating
                self.script = digest if isinstance(digest, bytes) else None
                if isinstance(count, int):
                    self._count(count)
        return True

    def lose(self) -> None:
        """Load the script again: another Redis may follow."""
        self.script = None

    def _count(self, count: int) -> None:
        now_s = self._clock.monotonic_s()
        if count >= self.live or now_s - self._confirmed_s > _LESS_AFTER_S:
            self.live, self._confirmed_s = max(self._least, count), now_s
