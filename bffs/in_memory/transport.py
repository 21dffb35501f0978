"""A transport without a network, which calls a function."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamRequestInvalid, UpstreamTimeout
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.request_encoder import encode_request
from weir.gateway.transport.streams import NO_UPGRADE

Handler: TypeAlias = Callable[[UpstreamRequest, Headers], Awaitable[UpstreamResponse]]
"""A function of a request and its header fields; may raise an `UpstreamError`."""


class MemoryTransport:
    """The transport to a function in this process."""

    def __init__(self, handler: Handler, clock: Clock) -> None:
        self._handler = handler
        self._clock = clock

    async def call(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        hold: ReplyHold | None = None,
    ) -> UpstreamResponse:
        del hold  # a response in this process does not arrive in pieces
        encode_request(request, headers, "memory")  # validates
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                return await self._handler(request, headers)
        except TimeoutError as error:
            raise UpstreamTimeout from error

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> "MemoryStream":
        if body is not None:
            whole = b"".join([chunk async for chunk in body])
            request = replace(request, body=whole)
        return MemoryStream(await self.call(request, headers, deadline_s))

    async def close(self) -> None:
        """Do nothing, as there are no connections."""


@dataclass(frozen=True, slots=True)
class MemoryStream:
    """A complete response as a stream of one piece."""

    response: UpstreamResponse

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Headers:
        return self.response.headers

    @property
    def trailers(self) -> Headers:
        return ()

    @property
    def instance(self) -> str:
        return self.response.instance

    @property
    def whole(self) -> bytes:
        return self.response.body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.response.body:
            yield self.response.body

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        raise UpstreamRequestInvalid(NO_UPGRADE)

    def count(
        self, sent: int, received: int, frames_out: int = 0, frames_in: int = 0
    ) -> None:
        """Do nothing: there is no connection after a switch of protocols."""

    async def aclose(self) -> None:
        """Do nothing, as the response is complete."""
