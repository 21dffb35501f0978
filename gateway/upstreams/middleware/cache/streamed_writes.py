"""The invalidation of stored responses by streamed requests, those of plain routes."""

import asyncio
from collections.abc import AsyncIterable

from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.cache.writes import Invalidation
from weir.gateway.upstreams.middleware.coalesce import Coalescing
from weir.gateway.upstreams.model.upstream import StreamingUpstream


class StreamedWrites:
    """Streams, of which those that are not safe make stored responses outdated.

    Later calls do not join calls that are in flight at the end of one.
    """

    def __init__(
        self,
        inner: StreamingUpstream,
        invalidation: Invalidation,
        coalescing: Coalescing | None,
    ) -> None:
        self._inner = inner
        self._invalidation = invalidation
        self._coalescing = coalescing

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        return await self._inner.call(request, context)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        if request.safe:
            return await self._inner.open(request, context, body)
        try:
            stream = await self._inner.open(request, context, body)
        except (UpstreamError, asyncio.CancelledError) as error:
            await self._invalidation.failed(request, error)
            raise
        finally:
            if self._coalescing is not None:
                self._coalescing.write_ended()
        await self._invalidation.ended(request, stream)
        return stream
