"""Drives the pipeline in memory: one request of a client and its response."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

from weir.gateway.edge.exchange import ClientLeft, Handler
from weir.gateway.edge.header_map import header_map
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.errors import BadRequest, PayloadTooLarge, WeirError
from weir.gateway.headers import Headers, header

HOST = (b"host", b"weir.test")


def request_head(
    path: str = "/",
    *,
    method: str = "GET",
    headers: Iterable[tuple[bytes, bytes]] = (),
    query: str = "",
) -> RequestHead:
    """Return a head over HTTP/1.1 from 192.0.2.7; `headers` get a Host if without."""
    lines = tuple(headers)
    if all(name != b"host" for name, _ in lines):
        lines = (HOST, *lines)
    return RequestHead(
        method=method,
        path=path,
        query=query,
        http_version="1.1",
        headers=header_map(lines),
        lines=lines,
        scheme="http",
        peer="192.0.2.7",
        arrived_s=1000.0,
    )


def buffered_request(head: RequestHead, body: bytes = b"") -> Request:
    """Return a request as the pipeline makes it of a body that it has read."""
    return Request(head=head, body=body, stream=MemoryBody(), retired=asyncio.Event())


def whole_body(response: Response | Upgrade) -> bytes:
    """Return the body of a response that is not streamed."""
    assert isinstance(response, Response)
    assert isinstance(response.body, bytes)
    return response.body


class MemoryBody:
    """A body of chunks, all of which have been sent; `error` comes in place of more."""

    def __init__(
        self, chunks: Iterable[bytes] = (), error: WeirError | ClientLeft | None = None
    ) -> None:
        self._chunks = list(chunks)
        self._error = error
        self.received = 0
        self.trailers: Headers = ()
        self.was_read = False
        self.held = 0

    @property
    def complete(self) -> bool:
        return not self._chunks and self._error is None

    async def read(self, limit: int) -> bytes:
        self.was_read = True
        data = b"".join([part async for part in self])
        if len(data) > limit:
            raise PayloadTooLarge(limit)
        return data

    def hold(self, size: int) -> None:
        self.held += size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._chunks:
            part = self._chunks.pop(0)
            self.received += len(part)
            yield part
        if self._error is not None:
            raise self._error


@dataclass
class MemoryExchange:
    """An exchange whose client stays until `leave` is called."""

    head: RequestHead = field(default_factory=request_head)
    body: MemoryBody = field(default_factory=MemoryBody)
    can_upgrade: bool = False
    response: Response | None = None
    sent: list[bytes] = field(default_factory=list)
    upgraded: Upgrade | None = None
    _left: Callable[[], None] | None = None
    gone: bool = False
    client_s: float = 0.0
    upload_s: float = 0.0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _sending: "asyncio.Task[object] | None" = None

    async def run(self, handler: Handler) -> "MemoryExchange":
        await handler(self)
        return self

    def leave(self) -> None:
        self.gone = True
        if self._sending is not None:
            self._sending.cancel()
        elif self._left is not None:
            self._left()

    def on_disconnect(self, left: Callable[[], None]) -> None:
        self._left = left
        if self.gone:
            left()

    async def send(self, response: Response) -> int:
        assert self.response is None, "an exchange has one response"
        if self.gone:
            raise ClientLeft
        self.response = response
        body = response.body
        if isinstance(body, bytes):
            self.sent.append(body)
            return len(body)
        task = self._sending = asyncio.current_task()
        assert task is not None
        try:
            async for part in body:
                self.sent.append(part)
        except asyncio.CancelledError:
            if self.gone and task.uncancel() == 0:
                raise ClientLeft from None
            raise
        finally:
            self._sending = None
            await body.aclose()
        return sum(map(len, self.sent))

    async def upgrade(self, upgrade: Upgrade) -> None:
        if not self.can_upgrade:
            detail = "not an upgrade"
            raise BadRequest(detail)
        self.upgraded = upgrade
        await self.closed.wait()

    def close(self) -> None:
        """End the connection of an upgrade."""
        self.closed.set()

    @property
    def status(self) -> int:
        assert self.response is not None
        return self.response.status

    @property
    def content(self) -> bytes:
        return b"".join(self.sent)

    def header(self, name: bytes) -> bytes | None:
        assert self.response is not None
        return header(self.response.headers, name)
