"""The interface of a registered service: a call, or a stream."""

from collections.abc import AsyncIterable
from typing import Protocol

from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream


class Upstream(Protocol):
    """A registered service that can be called."""

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        """Return the response, with any HTTP status, by the request's deadline.

        Raise an `UpstreamError` if there is no response.
        """
        ...


class StreamingUpstream(Upstream, Protocol):
    """A registered service whose responses can also be read in parts."""

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        """Return the response once its head has arrived, by the request's deadline.

        `body` replaces the body of the request. Raise an `UpstreamError` if there is no
        response; the stream raises one if it fails later. Health and breaker only count
        the head. The stream holds its slots until it is closed.
        """
        ...
