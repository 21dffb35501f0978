"""Requests that wait for the tokens of rate limits, in a fair order.

A request beyond a limit waits if its tokens may come within `wait_s` of the limit. The
requests of one key do not delay those of another. Where clients share a key, they take
turns (`gateway.concurrency.fair_queue`).
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from weir.gateway.clock import Clock
from weir.gateway.concurrency.fair_queue import FairQueue
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.limiter import LimitStates, RateLimiter
from weir.gateway.limits.refusals import Limiter

MAX_WAITING: Final = 100
"""The requests that wait for the limits of one route."""


_SERVED_AT_ONCE: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A request, and the outcome of taking its tokens once it has its turn."""

    caller: Caller
    taken: "asyncio.Future[Coroutine[Any, Any, None] | None]"


class QueueingLimiter:
    """A limiter whose limits may let requests wait."""

    __slots__ = ("_clock", "_limiter", "_queue", "_timer")

    def __init__(self, limiter: RateLimiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock
        self._queue = FairQueue[_Waiting](MAX_WAITING)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return len(self._queue)

    def take(self, caller: Caller, now_s: float) -> Coroutine[Any, Any, None] | None:
        """Take a token of each limit; raise RateLimited if it takes too long.

        Return a coroutine with this outcome if the request has to wait.
        """
        if len(self._queue):
            self._serve()  # those that wait come first
        try:
            deciding = self._limiter.take(caller, now_s)
        except RateLimited as error:
            return self._queued(caller, error, now_s)
        return None if deciding is None else self._decided(deciding, caller, now_s)

    async def _decided(
        self, deciding: Coroutine[Any, Any, None], caller: Caller, now_s: float
    ) -> None:
        """Wait for a shared store, and then for tokens if it rejects the request."""
        try:
            await deciding
        except RateLimited as error:
            await self._queued(caller, error, now_s)

    def _queued(
        self, caller: Caller, error: RateLimited, now_s: float
    ) -> Coroutine[Any, Any, None]:
        """Return a coroutine that waits; raise `error` if the tokens come too late."""
        most_s = error.limit.wait_s
        if error.retry_after_s is None or error.retry_after_s > most_s:
            raise error
        return self._wait(caller, error, now_s + most_s)

    async def _wait(self, caller: Caller, error: RateLimited, latest_s: float) -> None:
        """Wait until tokens were taken for a caller; raise `error` if it is too late.

        A full queue drops the last in turn.
        """
        now_s = self._clock.monotonic_s()
        entry = _Waiting(caller, asyncio.get_running_loop().create_future())
        for dropped in self._queue.push(entry, caller.client, 1, now_s):
            dropped.taken.cancel()
        self._serve()
        try:
            await asyncio.wait([entry.taken], timeout=latest_s - now_s)
        except asyncio.CancelledError:
            self._leave(entry)
            raise
        if not entry.taken.done() or entry.taken.cancelled():
            self._queue.discard(entry)
            raise error
        deciding = entry.taken.result()
        if deciding is not None:
            await deciding

    def _leave(self, entry: _Waiting) -> None:
        """Remove a request whose client has left, or give back what it has taken."""
        is_taken = entry.taken.done() and not entry.taken.cancelled()
        if not self._queue.discard(entry) and is_taken:
            deciding = entry.taken.result()
            if deciding is None:
                self._limiter.refund(entry.caller, 1)
            else:
                deciding.close()

    def _serve(self) -> None:
        """Take the tokens that are due for those that wait, in a fair order."""
        now_s, wait_s = self._clock.monotonic_s(), 0.0
        for _ in range(_SERVED_AT_ONCE):
            wait_s = self._serve_next(now_s)
            if wait_s > 0:
                break
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if len(self._queue):
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(wait_s, self._serve)

    def _serve_next(self, now_s: float) -> float:
        """Serve one request; return the time until the next could be, at the latest."""
        waits_s = [inf]

        def is_due(entry: _Waiting) -> bool:
            wait_s = self._limiter.wait_s(entry.caller, now_s)
            waits_s.append(wait_s)
            return wait_s <= 0

        entry = self._queue.pop(is_due)
        if entry is None:
            return min(waits_s)
        if not entry.taken.done():
            try:
                entry.taken.set_result(self._limiter.take(entry.caller, now_s))
            except RateLimited as error:
                entry.taken.set_exception(error)
        return 0.0


def limiter_of(states: Sequence[LimitStates], clock: Clock) -> Limiter:
    """Return the limiter of several limits; requests wait if one of them has `wait`."""
    limiter = RateLimiter(states)
    waits = any(each.limit.wait_s for each in states)
    return QueueingLimiter(limiter, clock) if waits else limiter
