"""The seam of the traffic layer: one call to a registered service."""

from collections.abc import AsyncIterable
from typing import Protocol

from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream


class Upstream(Protocol):
    """A registered service as its callers see it."""

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        """Answer within the request's deadline.

        Any HTTP status is an answer; raises an `UpstreamError` where there is none.
        """
        ...


class StreamingUpstream(Protocol):
    """A registered service as those see it who want its answers in pieces."""

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        """Return once an answer's head is there, by the request's deadline.

        `body` takes the place of the request's. Any HTTP status is an answer; raises
        an `UpstreamError` where there is none, as does the stream where it breaks.
        """
        ...
