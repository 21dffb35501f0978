"""Cancels the work on a request whose client has left, or whose time is over.

A disconnect is reported by the connection. For the deadline, a timer of its own would
cost each request more than it saves: nearly all requests end within milliseconds. So a
request in progress is only put on a list. A round that is made every 25 ms, while there
is anything on the list, gives a timer to those that have outlived it.
"""

import asyncio
from types import TracebackType
from typing import Self

from weir.gateway.edge.exchange import ClientLeft, Exchange
from weir.gateway.errors import DeadlineExceeded

# A deadline may be missed by this time at most, where it is shorter than a round.
_ROUND_S = 0.025


class CancelScopes:
    """The requests in progress that have no timer yet, the oldest first."""

    __slots__ = ("_round", "_untimed")

    def __init__(self) -> None:
        self._untimed: dict[CancelScope, float] = {}
        self._round: asyncio.TimerHandle | None = None

    def add(self, scope: "CancelScope", now_s: float) -> None:
        self._untimed[scope] = now_s
        if self._round is None:
            self._round = scope.loop.call_later(_ROUND_S, self._make_round, scope.loop)

    def discard(self, scope: "CancelScope") -> None:
        self._untimed.pop(scope, None)

    def _make_round(self, loop: asyncio.AbstractEventLoop) -> None:
        outlived_s = loop.time() - _ROUND_S
        for scope, since_s in tuple(self._untimed.items()):
            if since_s > outlived_s:
                break
            del self._untimed[scope]
            scope.set_timer()
        self._round = (
            loop.call_later(_ROUND_S, self._make_round, loop) if self._untimed else None
        )


class CancelScope:
    """The context in which to work on a request.

    Raises ClientLeft or DeadlineExceeded where the work was cancelled for that. A
    cancellation from elsewhere passes through.
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
        """Cancel the work at its deadline."""
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
