"""Responses of a service whose limit of bytes is above the default."""

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.transport.json_reply import MOST_PARTS, most_parts
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream


class LargeResponses:
    """The limit of names and values in JSON that `max_bytes` allow, also in fewer.

    It is outside the cache, which does not store it.
    """

    def __init__(self, inner: Upstream, max_bytes: int) -> None:
        self._inner = inner
        self._max_parts = most_parts(max_bytes)

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        response = await self._inner.call(request, context)
        if len(response.body) <= MOST_PARTS:
            return response
        return replace(response, max_parts=self._max_parts)
