"""The limits of calls and streams in flight: of each client, and of the upstream.

A call first waits until its client has less than its share of the capacity
(`client_shares`), then for a slot of the upstream if there is a limit (`limit`). Both
waits are bounded, in time and in the number of calls.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from functools import partial
from sys import maxsize
from typing import Final, NamedTuple

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.concurrency.adaptive_limit import AdaptiveLimit
from weir.gateway.upstreams.middleware.concurrency.client_shares import (
    Capacity,
    ClientShares,
)
from weir.gateway.upstreams.middleware.concurrency.limit import (
    ConcurrencyLimit,
    Slots,
)
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream
from weir.gateway.upstreams.model.wrapped_stream import HeldStream
from weir.gateway.upstreams.waits import CallWaits

_WAIT_SLACK: Final = 2.0
"""Slack on the predicted wait, which is only an estimate."""


class Capacities(NamedTuple):
    """The capacity that clients share, for calls and for streams.

    Streams have connections of their own. `slots` are those of the instances, if each
    has a limit.
    """

    calls: Capacity
    streams: Capacity
    slots: Slots | None = None


class ConcurrencyLimiter:
    """The limits of concurrent calls; the others wait in a queue or are rejected.

    A stream holds its slot until it is closed.
    """

    def __init__(
        self,
        inner: StreamingUpstream,
        upstream: UpstreamPolicy,
        capacities: Capacities,
        waits: CallWaits,
        clock: Clock,
    ) -> None:
        policy = upstream.concurrency
        self._inner = inner
        self._upstream = upstream.name
        self._policy = policy
        self._waits = waits
        self._clock = clock
        self._calls = ClientShares(capacities.calls, clock)
        self._streams = ClientShares(capacities.streams, clock)
        self._limit: ConcurrencyLimit | None = None
        if policy.max_in_flight or policy.max_per_instance:
            most = policy.max_in_flight or maxsize
            adaptive = AdaptiveLimit(most) if policy.adaptive else None
            self._limit = ConcurrencyLimit(
                most, policy.max_waiting, adaptive, capacities.slots
            )
        self._queue: deque[asyncio.Future[None]] = deque()

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        client, limit = context.client, self._limit
        if not self._calls.take(client):
            await self._wait_for_share(self._calls, request, context)
        try:
            if limit is None:
                return await self._inner.call(request, context)
            started_s = self._clock.monotonic_s()
            if not limit.begin(started_s):
                started_s = await self._wait_for_slot(limit, request, context)
            try:
                return await self._inner.call(request, context)
            finally:
                released = limit.end(started_s, self._clock.monotonic_s())
                if released:
                    self._wake(released)
        finally:
            self._calls.end(client)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        client, limit = context.client, self._limit
        if not self._streams.take(client):
            await self._wait_for_share(self._streams, request, context)
        leave = partial(self._streams.end, client)
        try:
            if limit is not None:
                if not limit.begin(self._clock.monotonic_s()):
                    await self._wait_for_slot(limit, request, context)
                leave = partial(self._leave, limit, client)
            stream = await self._inner.open(request, context, body)
        except BaseException:
            leave()
            raise
        if stream.whole is not None:
            leave()
            return stream
        return HeldStream(stream, leave)

    async def _wait_for_share(
        self, shares: ClientShares, request: UpstreamRequest, context: RequestContext
    ) -> None:
        """Wait for the share of a client; raise UpstreamOverloaded."""
        policy, client = self._policy, context.client
        left_s = request.deadline_s - self._clock.monotonic_s()
        if shares.waiting(client) >= policy.max_waiting:
            raise self._share_exceeded(shares, client)
        try:
            with self._waits.reported(request, context):
                await shares.wait(client, min(left_s, policy.max_wait_s))
        except TimeoutError as error:
            raise self._share_exceeded(shares, client) from error

    async def _wait_for_slot(
        self, limit: ConcurrencyLimit, request: UpstreamRequest, context: RequestContext
    ) -> float:
        """Wait for a slot, which the caller must release, and return the time.

        Raise `UpstreamOverloaded` if there is none in time.
        """
        now_s, max_wait_s = self._clock.monotonic_s(), self._policy.max_wait_s
        deadline_s = request.deadline_s
        if not limit.queue_up(now_s, min(deadline_s, now_s + max_wait_s)):
            raise self._full(limit)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            with self._waits.reported(request, context):
                async with asyncio.timeout(
                    min(deadline_s - now_s, max_wait_s * _WAIT_SLACK)
                ):
                    await turn
        except TimeoutError as error:
            self._step_out(limit, turn)
            raise self._full(limit) from error
        except asyncio.CancelledError:
            self._step_out(limit, turn)
            raise
        return self._clock.monotonic_s()

    def _step_out(self, limit: ConcurrencyLimit, turn: "asyncio.Future[None]") -> None:
        """Leave the queue, or release a slot that was received too late."""
        if turn in self._queue:
            self._queue.remove(turn)
            limit.give_up()
        else:
            self._release(limit)

    def _leave(self, limit: ConcurrencyLimit, client: str) -> None:
        """Release the slot and the share of a stream."""
        self._release(limit)
        self._streams.end(client)

    def _release(self, limit: ConcurrencyLimit) -> None:
        """Release a slot whose time is not a latency."""
        self._wake(limit.end(None, self._clock.monotonic_s()))

    def _wake(self, released: int) -> None:
        """Wake the waiting calls that have got a slot."""
        for _ in range(released):
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)

    def _share_exceeded(self, shares: ClientShares, client: str) -> UpstreamOverloaded:
        in_flight = shares.in_flight(client)
        message = f"{self._upstream}: {in_flight} calls of this client are in flight"
        return UpstreamOverloaded(message, retry_after_s=self._policy.max_wait_s)

    def _full(self, limit: ConcurrencyLimit) -> UpstreamOverloaded:
        message = f"{self._upstream}: {limit.in_flight} calls are in flight"
        wait_s = limit.expected_wait_s(self._clock.monotonic_s())
        return UpstreamOverloaded(message, retry_after_s=wait_s)
