"""The wait of the first calls for the discovery of instances."""

import asyncio
from collections.abc import AsyncIterable

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamUnavailable
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.instances.watch import InstanceWatch
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream


class DiscoveryWait:
    """A delay of calls, within their deadline, until instances are found."""

    def __init__(
        self,
        calls: Upstream,
        streams: StreamingUpstream,
        watch: InstanceWatch,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._streams = streams
        self._watch = watch
        self._clock = clock

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        if not self._watch.found:
            await self._wait(request.deadline_s)
        return await self._calls.call(request, context)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        if not self._watch.found:
            await self._wait(request.deadline_s)
        return await self._streams.open(request, context, body)

    async def _wait(self, deadline_s: float) -> None:
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                await self._watch.first_lookup()
        except TimeoutError as error:
            message = "the instances were not found in time"
            raise UpstreamUnavailable(message) from error
        if not self._watch.found:
            raise UpstreamUnavailable(self._watch.last_failure)
