"""The end of generations that others have replaced, and of what building has left."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

from weir.bffs.generations.generation import Generation
from weir.gateway.server.heap import settle_growth, settle_heap

_SETTLE_AFTER_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.02
_LONGEST_LOOK_S: Final = 5.0
"""Longest wait for a moment without a request in flight."""


class Retirement:
    """Closes retired generations and frees their memory.

    A garbage collection stops every request, so that it waits for a moment without
    requests, if there is one. The garbage of a build is young and cheap to find. That
    of retired generations needs a full collection: at most one a minute, for all.
    """

    def __init__(self, is_idle: Callable[[], bool]) -> None:
        self._is_idle = is_idle
        self._tasks: set[asyncio.Task[None]] = set()
        self._settling: asyncio.Task[None] | None = None

    def built(self) -> None:
        """End the time without collections in which a generation was built."""
        self._begin(self._settle_growth())

    def retire(self, replaced: Generation) -> None:
        """Close a generation when its last request has ended."""
        self._begin(replaced.close())
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_heap())

    async def close(self) -> None:
        """Return when all that was retired is closed."""
        await asyncio.gather(*self._tasks)
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle_growth(self) -> None:
        await self._idle_moment()
        settle_growth()

    async def _settle_heap(self) -> None:
        await asyncio.sleep(_SETTLE_AFTER_S)
        await self._idle_moment()
        settle_heap()

    async def _idle_moment(self) -> None:
        for _ in range(round(_LONGEST_LOOK_S / _LOOK_EVERY_S)):
            if self._is_idle():
                return
            await asyncio.sleep(_LOOK_EVERY_S)
