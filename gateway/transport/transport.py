"""The interface of transports to one instance."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Protocol

from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.reply_hold import ReplyHold


class ResponseStream(Protocol):
    """A response in progress; iterate over it once, and always close it."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers:
        """The fields as received; the body is not decoded."""
        ...

    @property
    def trailers(self) -> Headers:
        """The trailer fields as received, once the body has ended."""
        ...

    @property
    def instance(self) -> str:
        """The URL of the instance that sends the response."""
        ...

    @property
    def whole(self) -> bytes | None:
        """The body if all of it has arrived with the head, and None otherwise.

        The exchange has then ended, so that there is no need to close the stream.
        """
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def detach(self) -> tuple[asyncio.Transport, bytes]:
        """Return the connection and what was read of it, after a response with 101.

        The caller closes the connection; `aclose` only releases what the stream holds.
        """
        ...

    def count(
        self, sent: int, received: int, frames_out: int = 0, frames_in: int = 0
    ) -> None:
        """Count bytes that passed on the connection after `detach`, for metrics.

        Those to and from the service, and the frames of WebSocket that begin in them.
        """
        ...

    async def aclose(self) -> None:
        """End the exchange, complete or not; further calls have no effect."""
        ...


class Transport(Protocol):
    """A transport to one instance of an upstream."""

    async def call(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        hold: ReplyHold | None = None,
    ) -> UpstreamResponse:
        """Send `request` with exactly these `headers`; return its response.

        `deadline_s` is monotonic and replaces the deadline of the request. `hold`
        counts the response while it arrives. A response with any status is returned;
        raise an `UpstreamError` if there is none. There are no retries, except of a
        safe request on a pooled connection that the peer was closing.
        """
        ...

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        """Begin an exchange with streamed bodies; return at the head of its response.

        `body` replaces the body of the request. `deadline_s` is for the head; after it,
        `idle_s` of the policy limits the time without data. The time of an upload over
        HTTP/1.1 or HTTP/2 does not count. There are no retries.
        """
        ...

    async def close(self) -> None:
        """Close idle connections; exchanges in flight continue to their end."""
        ...
