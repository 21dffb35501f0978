"""Holds calls back while an upstream has as many in flight as it may have."""

import asyncio
from collections import deque
from sys import maxsize
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.concurrency.adaptive_limit import AdaptiveLimit
from weir.gateway.upstreams.middleware.concurrency.limit import (
    Admission,
    ConcurrencyLimit,
    Places,
)
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import Upstream

_PATIENCE: Final = 2.0
"""How much longer than foreseen a call may wait: foresight errs, and to refuse late,
after the wait, serves nobody."""


class Limiting:
    """Lets calls through by the limit; the others wait their turn, or are refused.

    `places` are those of the instances, where each has a limit.
    """

    def __init__(
        self,
        inner: Upstream,
        upstream: UpstreamPolicy,
        clock: Clock,
        places: Places | None = None,
    ) -> None:
        policy = upstream.concurrency
        self._inner = inner
        self._upstream = upstream.name
        self._clock = clock
        self._max_wait_s = policy.max_wait_s
        most = policy.max_in_flight or maxsize
        adaptive = AdaptiveLimit(most) if policy.adaptive else None
        self._limit = ConcurrencyLimit(most, policy.max_waiting, adaptive, places)
        self._queue: deque[asyncio.Future[None]] = deque()

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        await self.enter(request.deadline_s)
        started_s = self._clock.monotonic_s()
        try:
            return await self._inner.call(request, context)
        finally:
            self.leave(started_s)

    async def enter(self, deadline_s: float) -> None:
        """Take a place in flight, to be left; raises `UpstreamOverloaded`."""
        now_s = self._clock.monotonic_s()
        latest_s = min(deadline_s, now_s + self._max_wait_s)
        match self._limit.arrive(now_s, latest_s):
            case Admission.WAIT:
                patience_s = self._max_wait_s * _PATIENCE
                await self._queue_up(min(deadline_s - now_s, patience_s))
            case Admission.REFUSE:
                raise self._refusal()
            case Admission.GO:
                pass

    async def _queue_up(self, patience_s: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(patience_s):
                await turn
        except TimeoutError as error:
            self._step_out(turn)
            raise self._refusal() from error
        except asyncio.CancelledError:
            self._step_out(turn)
            raise

    def _step_out(self, turn: "asyncio.Future[None]") -> None:
        """Leave the queue, or pass on the turn that came too late."""
        if turn in self._queue:
            self._queue.remove(turn)
            self._limit.give_up()
        else:
            self.leave(None)

    def leave(self, started_s: float | None) -> None:
        """Give a place back; None where the time it was held says nothing."""
        for _ in range(self._limit.end(started_s, self._clock.monotonic_s())):
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)

    def _refusal(self) -> UpstreamOverloaded:
        msg = f"{self._upstream}: {self._limit.in_flight} calls are in flight"
        wait_s = self._limit.foreseen_wait_s(self._clock.monotonic_s())
        return UpstreamOverloaded(msg, retry_after_s=wait_s)
