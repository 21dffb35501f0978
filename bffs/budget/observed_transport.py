"""A transport whose responses are also handed to an observer."""

from collections.abc import AsyncIterable, Callable
from typing import TypeAlias

from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.transport import ResponseStream, Transport

Observer: TypeAlias = Callable[[UpstreamRequest, UpstreamResponse], None]


class ObservedTransport:
    """Calls by `inner`, whose complete responses `observe` gets; streams are not."""

    def __init__(self, inner: Transport, observe: Observer) -> None:
        self._inner = inner
        self._observe = observe

    async def call(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        hold: ReplyHold | None = None,
    ) -> UpstreamResponse:
        response = await self._inner.call(request, headers, deadline_s, hold)
        self._observe(request, response)
        return response

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        return await self._inner.open(request, headers, deadline_s, body)

    async def close(self) -> None:
        await self._inner.close()
