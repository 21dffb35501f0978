"""The transport to an instance that must not be called."""

from collections.abc import AsyncIterable

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamConnectFailed
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.transport import ResponseStream


class RefusedTransport:
    """A transport whose calls all fail for `reason`, before they connect."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def call(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        hold: ReplyHold | None = None,
    ) -> UpstreamResponse:
        del request, headers, deadline_s, hold
        raise UpstreamConnectFailed(self._reason)

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        del request, headers, deadline_s, body
        raise UpstreamConnectFailed(self._reason)

    async def close(self) -> None:
        """Do nothing: there are no connections."""
