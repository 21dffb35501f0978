"""Ends the work on a request whose client has left, or whose time is over.

The plain way, a second task that waits for the disconnect and a timer for the deadline,
costs each request half as much as the rest of the edge. Nearly all requests end within
milliseconds. So a request in progress is only put on a list; a round that is made every
25 ms, while there is anything on the list, gives those that have outlived it the
watching task and the timer.
"""

import asyncio
from types import TracebackType
from typing import Self

from weir.gateway.edge.asgi import Receive
from weir.gateway.errors import DeadlineExceeded

# How long a disconnect may go unnoticed: work worth cancelling takes longer.
_ROUND_S = 0.025


class ClientLeft(Exception):
    """The client closed its connection before it had its answer."""


class Interruptions:
    """The requests in progress that are not watched yet, the oldest first."""

    __slots__ = ("_round", "_unwatched")

    def __init__(self) -> None:
        self._unwatched: dict[Interruption, float] = {}
        self._round: asyncio.TimerHandle | None = None

    def of(self, receive: Receive, time_left_s: float) -> "Interruption":
        """Return the context in which to work on a request, once its body is here."""
        return Interruption(self, receive, time_left_s)

    def add(self, interruption: "Interruption", now_s: float) -> None:
        self._unwatched[interruption] = now_s
        if self._round is None:
            self._round = interruption.loop.call_later(
                _ROUND_S, self._make_round, interruption.loop
            )

    def discard(self, interruption: "Interruption") -> None:
        self._unwatched.pop(interruption, None)

    def _make_round(self, loop: asyncio.AbstractEventLoop) -> None:
        outlived_s = loop.time() - _ROUND_S
        for interruption, since_s in tuple(self._unwatched.items()):
            if since_s > outlived_s:
                break
            del self._unwatched[interruption]
            interruption.watch()
        self._round = (
            loop.call_later(_ROUND_S, self._make_round, loop)
            if self._unwatched
            else None
        )


class Interruption:
    """Cancels the task inside when its client leaves or its time is over.

    The cancellation leaves the block as ClientLeft or DeadlineExceeded; one that came
    from elsewhere passes through.
    """

    __slots__ = (
        "_among",
        "_cause",
        "_deadline_s",
        "_receive",
        "_task",
        "_time_left_s",
        "_timer",
        "_watcher",
        "loop",
    )

    def __init__(
        self, among: Interruptions, receive: Receive, time_left_s: float
    ) -> None:
        self._among = among
        self._receive = receive
        self._time_left_s = time_left_s
        self._cause: type[ClientLeft | DeadlineExceeded] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self.loop = task.get_loop()
        now_s = self.loop.time()
        self._deadline_s = now_s + self._time_left_s
        self._among.add(self, now_s)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._among.discard(self)
        if self._watcher is not None:
            self._watcher.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._cause is None:
            return
        ours_alone = self._task.uncancel() == 0
        if ours_alone and isinstance(exc, asyncio.CancelledError):
            raise self._cause from exc

    def watch(self) -> None:
        """Begin to watch the client and the clock."""
        self._timer = self.loop.call_at(
            self._deadline_s, self._interrupt, DeadlineExceeded
        )
        self._watcher = self.loop.create_task(self._wait_for_disconnect())

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._interrupt(ClientLeft)

    def _interrupt(self, cause: type[ClientLeft | DeadlineExceeded]) -> None:
        if self._cause is None:
            self._cause = cause
            self._task.cancel()
