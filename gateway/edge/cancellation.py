"""Cancellation of requests on a client's disconnect or at their deadline.

The connection reports a disconnect. A timer for the deadline of each request would cost
more than it saves: nearly all requests end within milliseconds. A request in progress
is therefore only put on a list. While the list is not empty, a sweep every 25 ms sets
timers for the requests that are older than one sweep.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from msgspec import Struct

from weir.gateway.edge.exchange import ClientLeft, Exchange
from weir.gateway.errors import DeadlineExceeded, drop_frames

# The longest delay of a deadline that is shorter than the interval.
_INTERVAL_S = 0.025

T = TypeVar("T")


class CancelScopes:
    """The requests in progress that have no timer yet, the oldest first."""

    __slots__ = ("_next_sweep", "_untimed")

    def __init__(self) -> None:
        self._untimed: dict[_Scope, float] = {}
        self._next_sweep: asyncio.TimerHandle | None = None

    async def run(
        self, work: Coroutine[Any, Any, T], exchange: Exchange, time_left_s: float
    ) -> T:
        """Return the result of `work`, which the current task does.

        Cancel the task, and raise ClientLeft or DeadlineExceeded, if the client
        disconnects or the time is over. Other cancellations pass through.
        """
        scope = _Scope()
        exchange.on_disconnect(scope.client_left)
        if scope.cause is None and time_left_s <= 0:
            # The work would only delay other requests.
            scope.cause = DeadlineExceeded
        if scope.cause is not None:
            work.close()
            raise scope.cause
        task = scope.task = asyncio.current_task()
        assert task is not None
        loop = task.get_loop()
        now_s = loop.time()
        scope.deadline_s = now_s + time_left_s
        self._untimed[scope] = now_s
        if self._next_sweep is None:
            self._next_sweep = loop.call_later(_INTERVAL_S, self._sweep, loop)
        try:
            return await work
        except asyncio.CancelledError as error:
            if scope.cause is not None and task.cancelling() == 1:
                drop_frames(error)
                raise scope.cause from error
            raise
        finally:
            self._untimed.pop(scope, None)
            scope.task = None
            if scope.timer is not None:
                scope.timer.cancel()
            if scope.cause is not None:
                task.uncancel()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        cutoff_s = loop.time() - _INTERVAL_S
        for scope, since_s in tuple(self._untimed.items()):
            if since_s > cutoff_s:
                break
            del self._untimed[scope]
            scope.set_timer(loop)
        self._next_sweep = (
            loop.call_later(_INTERVAL_S, self._sweep, loop) if self._untimed else None
        )


class _Scope(Struct, eq=False):
    """The work of one task on a request, and the cause of its cancellation, if any."""

    cause: type[ClientLeft | DeadlineExceeded] | None = None
    deadline_s: float = 0.0
    task: asyncio.Task[object] | None = None
    timer: asyncio.TimerHandle | None = None

    def set_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set a timer that cancels the work at its deadline."""
        self.timer = loop.call_at(self.deadline_s, self._cancel, DeadlineExceeded)

    def client_left(self) -> None:
        self._cancel(ClientLeft)

    def _cancel(self, cause: type[ClientLeft | DeadlineExceeded]) -> None:
        if self.cause is None:
            self.cause = cause
            if self.task is not None:
                self.task.cancel()
