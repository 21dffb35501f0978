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
        """Return the response, of whatever HTTP status, by the request's deadline.

        Raises an `UpstreamError` if there is no response.
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

        `body` is used in place of the request's. Raises an `UpstreamError` if there is
        no response; the stream raises one if it breaks. Health and breaker count the
        head only. The stream holds its slots in flight until it is closed.
        """
        ...
