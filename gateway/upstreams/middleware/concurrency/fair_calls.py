"""Calls and streams of many clients, none of which takes the whole upstream."""

from collections.abc import AsyncIterable
from functools import partial

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.concurrency.client_shares import (
    Capacity,
    ClientShares,
)
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream
from weir.gateway.upstreams.model.wrapped_stream import HeldStream


class FairCalls:
    """The shares of clients in calls, and in streams, which have other connections.

    A call above the share waits as long as one for a slot of the upstream.
    """

    def __init__(
        self,
        inner: StreamingUpstream,
        upstream: UpstreamPolicy,
        calls: Capacity,
        streams: Capacity,
        clock: Clock,
    ) -> None:
        self._inner = inner
        self._upstream = upstream.name
        self._limits = upstream.concurrency
        self._clock = clock
        self._calls = ClientShares(calls, clock)
        self._streams = ClientShares(streams, clock)

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        client = context.client
        if not self._calls.take(client):
            await self._wait(self._calls, client, request.deadline_s)
        try:
            return await self._inner.call(request, context)
        finally:
            self._calls.end(client)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        client = context.client
        if not self._streams.take(client):
            await self._wait(self._streams, client, request.deadline_s)
        try:
            stream = await self._inner.open(request, context, body)
        except BaseException:
            self._streams.end(client)
            raise
        return HeldStream(stream, partial(self._streams.end, client))

    async def _wait(self, shares: ClientShares, client: str, deadline_s: float) -> None:
        """Wait for the share of a client; raise UpstreamOverloaded."""
        limits, left_s = self._limits, deadline_s - self._clock.monotonic_s()
        if shares.waiting(client) >= limits.max_waiting:
            raise self._rejection(shares, client)
        try:
            await shares.wait(client, min(left_s, limits.max_wait_s))
        except TimeoutError as error:
            raise self._rejection(shares, client) from error

    def _rejection(self, shares: ClientShares, client: str) -> UpstreamOverloaded:
        in_flight = shares.in_flight(client)
        message = f"{self._upstream}: {in_flight} calls of this client are in flight"
        return UpstreamOverloaded(message, retry_after_s=self._limits.max_wait_s)
