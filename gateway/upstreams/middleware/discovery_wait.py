"""Lets the first calls wait until there is an instance to send them to."""

import asyncio

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamUnavailable
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.instances.watch import InstanceWatch
from weir.gateway.upstreams.model.upstream import Upstream


class Discovering:
    """Waits for the first look, within the deadline; then it is out of the way."""

    def __init__(self, inner: Upstream, watch: InstanceWatch, clock: Clock) -> None:
        self._inner = inner
        self._watch = watch
        self._clock = clock

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        if not self._watch.found:
            await self._wait(request.deadline_s)
        return await self._inner.call(request, context)

    async def ready(self, deadline_s: float) -> None:
        """Return once there is an instance; raises `UpstreamUnavailable`."""
        if not self._watch.found:
            await self._wait(deadline_s)

    async def _wait(self, deadline_s: float) -> None:
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                await self._watch.first_look()
        except TimeoutError as error:
            msg = "its instances were not found in time"
            raise UpstreamUnavailable(msg) from error
        if not self._watch.found:
            raise UpstreamUnavailable(self._watch.last_failure)
