"""The concurrency limit around calls and streams."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from sys import maxsize
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.concurrency.adaptive_limit import AdaptiveLimit
from weir.gateway.upstreams.middleware.concurrency.limit import (
    ConcurrencyLimit,
    Slots,
)
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream
from weir.gateway.upstreams.model.wrapped_stream import HeldStream

_WAIT_SLACK: Final = 2.0
"""Slack on the predicted wait, which is only an estimate."""


class ConcurrencyLimiter:
    """The limit of concurrent calls; the others wait in a queue or are rejected.

    `slots` are those of the instances, if each has a limit. A stream holds its slot
    until it is closed.
    """

    def __init__(
        self,
        inner: StreamingUpstream,
        upstream: UpstreamPolicy,
        clock: Clock,
        slots: Slots | None = None,
    ) -> None:
        policy = upstream.concurrency
        self._inner = inner
        self._upstream = upstream.name
        self._clock = clock
        self._max_wait_s = policy.max_wait_s
        most = policy.max_in_flight or maxsize
        adaptive = AdaptiveLimit(most) if policy.adaptive else None
        self._limit = ConcurrencyLimit(most, policy.max_waiting, adaptive, slots)
        self._queue: deque[asyncio.Future[None]] = deque()

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        started_s = self._clock.monotonic_s()
        if not self._limit.begin(started_s):
            started_s = await self._wait(request.deadline_s, started_s)
        try:
            return await self._inner.call(request, context)
        finally:
            released = self._limit.end(started_s, self._clock.monotonic_s())
            if released:
                self._wake(released)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        now_s = self._clock.monotonic_s()
        if not self._limit.begin(now_s):
            await self._wait(request.deadline_s, now_s)
        try:
            stream = await self._inner.open(request, context, body)
        except BaseException:
            self._leave()
            raise
        return HeldStream(stream, self._leave)

    async def _wait(self, deadline_s: float, now_s: float) -> float:
        """Wait for a slot, which the caller must release, and return the time.

        Raise `UpstreamOverloaded` if there is none in time.
        """
        if not self._limit.queue_up(now_s, min(deadline_s, now_s + self._max_wait_s)):
            raise self._rejection()
        await self._turn(min(deadline_s - now_s, self._max_wait_s * _WAIT_SLACK))
        return self._clock.monotonic_s()

    async def _turn(self, longest_s: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(longest_s):
                await turn
        except TimeoutError as error:
            self._step_out(turn)
            raise self._rejection() from error
        except asyncio.CancelledError:
            self._step_out(turn)
            raise

    def _step_out(self, turn: "asyncio.Future[None]") -> None:
        """Leave the queue, or release a slot that was received too late."""
        if turn in self._queue:
            self._queue.remove(turn)
            self._limit.give_up()
        else:
            self._leave()

    def _leave(self) -> None:
        """Release a slot whose time is not a latency."""
        self._wake(self._limit.end(None, self._clock.monotonic_s()))

    def _wake(self, released: int) -> None:
        """Wake the waiting calls that have got a slot."""
        for _ in range(released):
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)

    def _rejection(self) -> UpstreamOverloaded:
        message = f"{self._upstream}: {self._limit.in_flight} calls are in flight"
        wait_s = self._limit.expected_wait_s(self._clock.monotonic_s())
        return UpstreamOverloaded(message, retry_after_s=wait_s)
