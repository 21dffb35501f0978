"""The end of replaced generations, and the garbage collections after a build."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

from weir.bffs.generations.generation import Generation
from weir.gateway.server.process.interpreter import freeze_heap, resume_gc

_FREEZE_AFTER_S: Final = 60.0
_POLL_EVERY_S: Final = 0.02
_MAX_WAIT_S: Final = 5.0
"""Longest wait for a moment without a request in flight."""


class Retirement:
    """The retired generations, which are closed and whose memory is freed.

    A garbage collection stops every request, so it waits for a moment without requests,
    within a limit. The garbage of a build is young and cheap to find. The garbage of
    retired generations needs a full collection, at most once a minute for all of them.
    """

    def __init__(self, is_idle: Callable[[], bool]) -> None:
        self._is_idle = is_idle
        self._tasks: set[asyncio.Task[None]] = set()
        self._freezing: asyncio.Task[None] | None = None

    def built(self) -> None:
        """Resume the garbage collector after the build of a generation."""
        self._begin(self._resume_gc())

    def retire(self, replaced: Generation) -> None:
        """Close a generation when its last request has ended."""
        self._begin(replaced.close())
        if self._freezing is None or self._freezing.done():
            self._freezing = asyncio.create_task(self._freeze_heap())

    async def close(self) -> None:
        """Return when all retired generations are closed."""
        await asyncio.gather(*self._tasks)
        if self._freezing is not None:
            self._freezing.cancel()
            await asyncio.gather(self._freezing, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resume_gc(self) -> None:
        await self._wait_until_idle()
        resume_gc()

    async def _freeze_heap(self) -> None:
        await asyncio.sleep(_FREEZE_AFTER_S)
        await self._wait_until_idle()
        freeze_heap()

    async def _wait_until_idle(self) -> None:
        for _ in range(round(_MAX_WAIT_S / _POLL_EVERY_S)):
            if self._is_idle():
                return
            await asyncio.sleep(_POLL_EVERY_S)
