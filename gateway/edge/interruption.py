"""Ends the work on a request whose client has left, or whose time is over.

The plain way, a second task that waits for the disconnect, costs each request as much
as the rest of the edge. Nearly all requests end within milliseconds, so they pay for
one timer alone; a request that outlives it gets the watching task and its deadline.
"""

import asyncio
from types import TracebackType
from typing import Self

from gateway.edge.asgi import Receive
from gateway.errors import DeadlineExceeded

# How long a disconnect may go unnoticed: work worth cancelling takes longer.
_UNWATCHED_S = 0.025


class ClientLeft(Exception):
    """The client closed its connection before it had its answer."""


class Interruption:
    """Cancels the task inside when its client leaves or `time_left_s` is over.

    The cancellation leaves the block as ClientLeft or DeadlineExceeded; one that came
    from elsewhere passes through. The body must have been received.
    """

    __slots__ = (
        "_cause",
        "_deadline_s",
        "_loop",
        "_receive",
        "_task",
        "_timer",
        "_watcher",
    )

    def __init__(self, receive: Receive, time_left_s: float) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._deadline_s = self._loop.time() + time_left_s
        self._cause: type[ClientLeft | DeadlineExceeded] | None = None
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        first_s = min(self._loop.time() + _UNWATCHED_S, self._deadline_s)
        self._timer = self._loop.call_at(first_s, self._watch)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._cause is None:
            return
        ours_alone = self._task.uncancel() == 0
        if ours_alone and isinstance(exc, asyncio.CancelledError):
            raise self._cause from exc

    def _watch(self) -> None:
        self._timer = self._loop.call_at(
            self._deadline_s, self._interrupt, DeadlineExceeded
        )
        self._watcher = self._loop.create_task(self._wait_for_disconnect())

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._interrupt(ClientLeft)

    def _interrupt(self, cause: type[ClientLeft | DeadlineExceeded]) -> None:
        if self._cause is None:
            self._cause = cause
            self._task.cancel()
