"""Cancellation of requests on a client's disconnect or at their deadline.

The connection reports a disconnect. A timer for the deadline of each request would cost
more than it saves: nearly all requests end within milliseconds. A request in progress
is therefore only put on a list. While the list is not empty, a sweep every 25 ms sets
timers for the requests that are older than one sweep.
"""

import asyncio
from types import TracebackType
from typing import Self

from weir.gateway.edge.exchange import ClientLeft, Exchange
from weir.gateway.errors import DeadlineExceeded

# The longest delay of a deadline that is shorter than the interval.
_INTERVAL_S = 0.025


class CancelScopes:
    """The requests in progress that have no timer yet, the oldest first."""

    __slots__ = ("_next_sweep", "_untimed")

    def __init__(self) -> None:
        self._untimed: dict[CancelScope, float] = {}
        self._next_sweep: asyncio.TimerHandle | None = None

    def add(self, scope: "CancelScope", now_s: float) -> None:
        self._untimed[scope] = now_s
        if self._next_sweep is None:
            self._next_sweep = scope.loop.call_later(
                _INTERVAL_S, self._sweep, scope.loop
            )

    def discard(self, scope: "CancelScope") -> None:
        self._untimed.pop(scope, None)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        cutoff_s = loop.time() - _INTERVAL_S
        for scope, since_s in tuple(self._untimed.items()):
            if since_s > cutoff_s:
                break
            del self._untimed[scope]
            scope.set_timer()
        self._next_sweep = (
            loop.call_later(_INTERVAL_S, self._sweep, loop) if self._untimed else None
        )


class CancelScope:
    """A context manager that limits the work on a request.

    It raises ClientLeft or DeadlineExceeded if it has cancelled the work. Other
    cancellations pass through.
    """

    __slots__ = (
        "_cause",
        "_deadline_s",
        "_exchange",
        "_scopes",
        "_task",
        "_time_left_s",
        "_timer",
        "loop",
    )

    def __init__(
        self, scopes: CancelScopes, exchange: Exchange, time_left_s: float
    ) -> None:
        self._scopes = scopes
        self._exchange = exchange
        self._time_left_s = time_left_s
        self._cause: type[ClientLeft | DeadlineExceeded] | None = None
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._exchange.on_disconnect(self._client_left)
        if self._cause is not None:
            raise self._cause
        task = self._task = asyncio.current_task()
        assert task is not None
        self.loop = task.get_loop()
        now_s = self.loop.time()
        self._deadline_s = now_s + self._time_left_s
        self._scopes.add(self, now_s)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._scopes.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        task, self._task = self._task, None
        if self._cause is None or task is None:
            return
        ours_alone = task.uncancel() == 0
        if ours_alone and isinstance(exc, asyncio.CancelledError):
            raise self._cause from exc

    def set_timer(self) -> None:
        """Set a timer that cancels the work at its deadline."""
        self._timer = self.loop.call_at(
            self._deadline_s, self._cancel, DeadlineExceeded
        )

    def _client_left(self) -> None:
        self._cancel(ClientLeft)

    def _cancel(self, cause: type[ClientLeft | DeadlineExceeded]) -> None:
        if self._cause is None:
            self._cause = cause
            if self._task is not None:
                self._task.cancel()
