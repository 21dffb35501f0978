"""Lets identical safe calls in flight share one.

When a popular answer expires everywhere at once, its service gets as many equal
calls as there are clients. The first starts a flight, the others wait for it.

The flight is a task that belongs to nobody who waits: it has the upstream's total
timeout rather than the deadline of whoever came first, it goes on when they leave,
and ends when the last one does. So nobody's cancellation or haste is another's error.

After a call that is not safe, newcomers start flights of their own: who has written
must not read what was asked before.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias

from gateway.clock import Clock
from gateway.context import RequestContext
from gateway.upstreams.call import Upstream, UpstreamRequest, UpstreamResponse
from gateway.upstreams.call_key import CallKey, call_key
from gateway.upstreams.errors import UpstreamTimeout

_Seat: TypeAlias = "asyncio.Future[UpstreamResponse]"

_CLOSE_S: Final = 0.001
"""Deadlines that are this near to the flight's need no timer of their own."""


class Coalescing:
    """Shares the answers of safe calls with equal keys."""

    def __init__(self, inner: Upstream, total_s: float, clock: Clock) -> None:
        self._inner = inner
        self._total_s = total_s
        self._clock = clock
        self._flights: dict[CallKey, _Flight] = {}

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        if not request.safe:
            try:
                return await self._inner.call(request, context)
            finally:
                self._flights.clear()
        key = call_key(request, context.forwarded)
        flight = self._flights.get(key) or self._start(key, request, context)
        seat = flight.board()
        try:
            return await self._wait(seat, flight, request.deadline_s)
        finally:
            if flight.leave(seat):
                self._forget(flight)

    def _start(
        self, key: CallKey, request: UpstreamRequest, context: RequestContext
    ) -> "_Flight":
        deadline_s = self._clock.monotonic_s() + self._total_s
        if request.deadline_s < deadline_s:
            request = replace(request, deadline_s=deadline_s)
        call = self._inner.call(request, context)
        flight = self._flights[key] = _Flight(key, call, deadline_s)
        flight.task.add_done_callback(partial(self._land, flight))
        return flight

    def _land(self, flight: "_Flight", task: "asyncio.Task[UpstreamResponse]") -> None:
        self._forget(flight)
        flight.land(task)

    def _forget(self, flight: "_Flight") -> None:
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]

    async def _wait(
        self, seat: _Seat, flight: "_Flight", deadline_s: float
    ) -> UpstreamResponse:
        if deadline_s + _CLOSE_S >= flight.deadline_s:
            return await seat
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                return await seat
        except TimeoutError as error:
            msg = "the shared call took longer than this caller could wait"
            late = UpstreamTimeout(msg)
            late.counts_as_failure = False
            raise late from error


class _Flight:
    """A call on its way, and the seats of those who wait for it.

    A seat is a future of its own, so that one who leaves cancels nothing else.
    """

    __slots__ = ("_seats", "deadline_s", "key", "task")

    def __init__(
        self,
        key: CallKey,
        call: Coroutine[Any, Any, UpstreamResponse],
        deadline_s: float,
    ) -> None:
        self.key = key
        self.deadline_s = deadline_s
        self.task = asyncio.create_task(call)
        self._seats: set[_Seat] = set()

    def board(self) -> _Seat:
        seat: _Seat = asyncio.get_running_loop().create_future()
        self._seats.add(seat)
        return seat

    def leave(self, seat: _Seat) -> bool:
        """Give the seat up; end the flight and say so if it was the last one."""
        self._seats.discard(seat)
        return not self._seats and self.task.cancel()

    def land(self, task: "asyncio.Task[UpstreamResponse]") -> None:
        """Tell all who still wait how it ended."""
        error = None if task.cancelled() else task.exception()
        for seat in self._seats:
            if seat.done():
                continue
            if error is not None:
                seat.set_exception(error)
            elif task.cancelled():
                seat.cancel()
            else:
                seat.set_result(task.result())
