"""One request of an httpx client as an exchange of the pipeline."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx

from weir.gateway.clock import Clock
from weir.gateway.edge.exchange import Handler
from weir.gateway.edge.header_map import header_map
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.errors import BadRequest, PayloadTooLarge
from weir.gateway.headers import Headers

_PEER: Final = "127.0.0.1"


class _Body:
    """A body that has arrived as a whole."""

    trailers: Headers = ()

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def received(self) -> int:
        return len(self._content)

    @property
    def complete(self) -> bool:
        return True

    async def read(self, limit: int) -> bytes:
        if len(self._content) > limit:
            raise PayloadTooLarge(limit)
        return self._content

    def hold(self, size: int) -> None:
        """Do nothing: the memory for bodies is not limited here."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._content:
            yield self._content


class _Exchange:
    """A request whose client stays until the end of the response."""

    client_s = upload_s = 0.0

    def __init__(self, head: RequestHead, body: bytes) -> None:
        self.head = head
        self.body = _Body(body)
        self.response: Response | None = None
        self.content = b""

    def on_disconnect(self, left: Callable[[], None]) -> None:
        """Do nothing: the client does not leave."""

    async def send(self, response: Response) -> int:
        self.response, body = response, response.body
        if isinstance(body, bytes):
            self.content = body
        else:
            self.content = b"".join([part async for part in body])
            await body.aclose()
        return len(self.content)

    async def upgrade(self, upgrade: Upgrade) -> None:
        del upgrade
        detail = "There is no connection that could switch protocols."
        raise BadRequest(detail)


class PipelineTransport(httpx.AsyncBaseTransport):
    """The transport of a client whose requests `handler` responds to."""

    def __init__(self, handler: Handler, clock: Clock) -> None:
        self._handler = handler
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(self._head(request), await request.aread())
        await asyncio.shield(self._handler(exchange))
        response = exchange.response
        assert response is not None, "the pipeline responds to each request"
        return httpx.Response(
            response.status, headers=list(response.headers), content=exchange.content
        )

    def _head(self, request: httpx.Request) -> RequestHead:
        path, _, query = request.url.raw_path.decode("latin-1").partition("?")
        lines = tuple((name.lower(), value) for name, value in request.headers.raw)
        return RequestHead(
            method=request.method,
            path=path,
            query=query,
            http_version="1.1",
            headers=header_map(lines),
            lines=lines,
            scheme=request.url.scheme,
            peer=_PEER,
            arrived_s=self._clock.monotonic_s(),
        )
