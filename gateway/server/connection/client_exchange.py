"""One request of a client, and the one response to it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import ByteStream, Response, Upgrade
from weir.gateway.errors import BadRequest
from weir.gateway.headers import header
from weir.gateway.server.connection.client_transport import ClientTransport
from weir.gateway.server.connection.listener_state import ListenerState
from weir.gateway.server.connection.request_body import ClientBody
from weir.gateway.server.messages.response_bytes import (
    CHUNKED,
    CLOSE,
    KEEP_ALIVE,
    UPGRADE,
    WITHOUT_BODY,
    chunk,
    head_bytes,
    last_chunk,
    length_line,
)

_SWITCHING_PROTOCOLS = 101
_PIECE_BYTES = 64 * 1024


class WrongLength(Exception):
    """A stream with a length that differs from its Content-Length."""


class ExchangeConnection(Protocol):
    """The connection, as far as an exchange on it needs it."""

    @property
    def client(self) -> ClientTransport: ...

    @property
    def state(self) -> ListenerState: ...

    def stays_open(self) -> bool:
        """Whether another request may follow the response to this one."""
        ...

    def response_sent(self, *, closes: bool) -> None:
        """Go on with the next request, or close."""
        ...

    async def hand_over(self, upgrade: Upgrade) -> None:
        """Leave the transport to another protocol until it is closed."""
        ...


class ClientExchange(Struct, eq=False):
    """An `Exchange`.

    `started` once a byte of the response is written, `finished` with the last one,
    `is_abandoned` where the client left before that.
    """

    head: RequestHead
    body: ClientBody
    _connection: ExchangeConnection
    keep_alive: bool
    can_upgrade: bool
    is_abandoned: bool = False
    started: bool = False
    finished: bool = False
    _unread_s: float = 0.0
    _left: Callable[[], None] | None = None
    _sending: asyncio.Task[object] | None = None

    @property
    def client_s(self) -> float:
        return self._unread_s + self.body.awaited_s

    @property
    def upload_s(self) -> float:
        return self.body.awaited_s if self.body.streamed else 0.0

    def on_disconnect(self, left: Callable[[], None]) -> None:
        self._left = left
        if self.is_abandoned:
            left()

    def client_left(self) -> None:
        """End whatever waits for this client."""
        if self.finished or self.is_abandoned:
            return
        self.is_abandoned = True
        self.body.fail(ClientLeft())
        if self._sending is not None:
            self._sending.cancel()
        elif self._left is not None:
            self._left()

    async def send(self, response: Response) -> int:
        assert not self.started, "an exchange has one response"
        body, client = response.body, self._connection.client
        try:
            if client.is_paused:
                # The client has not read earlier responses yet.
                await self._read_by_client()
            if self.is_abandoned:
                raise ClientLeft
            if isinstance(body, bytes):
                return await self._send_whole(response, body)
            return await self._send_stream(response, body)
        finally:
            if not isinstance(body, bytes):
                await body.aclose()

    async def upgrade(self, upgrade: Upgrade) -> None:
        if not self.can_upgrade:
            detail = "The request has no upgrade from HTTP/1.1."
            raise BadRequest(detail)
        if self.is_abandoned:
            raise ClientLeft
        date_line = self._connection.state.date_line
        head = head_bytes(
            _SWITCHING_PROTOCOLS, date_line, upgrade.headers, b"", UPGRADE
        )
        self.started = self.finished = True
        self._connection.client.write(head)
        await self._connection.hand_over(upgrade)

    async def _send_whole(self, response: Response, body: bytes) -> int:
        """Send a body at the client's pace, so that its transport holds little of it.

        Raise ClientLeft.
        """
        closes = response.closes or not self._connection.stays_open()
        if response.status in WITHOUT_BODY:
            framing = body = b""
        else:
            framing = length_line(len(body))
            if self.head.method == "HEAD":
                framing = (not body and _declared_line(response)) or framing
                body = b""
        message = self._head(response, framing, closes=closes)
        self.started = True
        client = self._connection.client
        client.write_message(message, body[:_PIECE_BYTES])
        if client.is_paused or len(body) > _PIECE_BYTES:
            await self._send_rest(body)
        self._finish(closes=closes)
        return len(body)

    async def _send_rest(self, body: bytes) -> None:
        """Send the pieces behind the first, and wait until the last is read."""
        client, start = self._connection.client, _PIECE_BYTES
        while True:
            if client.is_paused:
                await self._read_by_client()
            if self.is_abandoned:
                raise ClientLeft
            if start >= len(body):
                return
            client.write(body[start : start + _PIECE_BYTES])
            start += _PIECE_BYTES

    async def _send_stream(self, response: Response, stream: ByteStream) -> int:
        declared = _declared(response)
        chunked = declared is None and self.head.http_version == "1.1"
        # Without either, the body ends with the connection (RFC 9112 §6.3).
        closes = not self._connection.stays_open() or (declared is None and not chunked)
        has_length = response.status not in WITHOUT_BODY
        if not has_length or self.head.method == "HEAD":
            framing = _declared_line(response) if has_length else b""
            self._start(response, framing, closes=closes)
            self._finish(closes=closes)
            return 0
        framing = CHUNKED if chunked else _declared_line(response)
        self._start(response, framing, closes=closes)
        sent = await self._pump(stream, declared, chunked=chunked)
        if declared is not None and sent != declared:
            raise WrongLength
        if chunked:
            self._connection.client.write(last_chunk(response.trailers()))
        self._finish(closes=closes)
        return sent

    async def _pump(
        self, stream: ByteStream, declared: int | None, *, chunked: bool
    ) -> int:
        """Send the stream at the client's pace; raise ClientLeft and WrongLength."""
        client = self._connection.client
        task = self._sending = asyncio.current_task()
        assert task is not None
        sent = 0
        try:
            async for data in stream:
                if not data:
                    continue
                sent += len(data)
                if declared is not None and sent > declared:
                    raise WrongLength
                client.write(chunk(data) if chunked else data)
                if client.is_paused:
                    await self._read_by_client()
        except asyncio.CancelledError:
            if self.is_abandoned and task.uncancel() == 0:
                raise ClientLeft from None
            raise
        finally:
            self._sending = None
        return sent

    async def _read_by_client(self) -> None:
        """Wait until the client has read enough of what is written, or is gone."""
        loop = asyncio.get_running_loop()
        since_s = loop.time()
        try:
            await self._connection.client.writable()
        finally:
            self._unread_s += loop.time() - since_s

    def _start(self, response: Response, framing: bytes, *, closes: bool) -> None:
        message = self._head(response, framing, closes=closes)
        self.started = True
        self._connection.client.write(message)

    def _finish(self, *, closes: bool) -> None:
        self.finished = True
        self.body.release()
        # A stream may have ended before the body of its request.
        self._connection.response_sent(closes=closes or not self.body.complete)

    def _head(self, response: Response, framing: bytes, *, closes: bool) -> bytes:
        persistence = b""
        if closes:
            persistence = CLOSE
        elif self.head.http_version == "1.0":
            persistence = KEEP_ALIVE
        date_line = self._connection.state.date_line
        return head_bytes(
            response.status, date_line, response.headers, framing, persistence
        )


def _declared(response: Response) -> int | None:
    """Return the Content-Length that the endpoint knows, or None."""
    declared = header(response.headers, b"content-length")
    return None if declared is None else int(declared)


def _declared_line(response: Response) -> bytes:
    declared = _declared(response)
    return b"" if declared is None else length_line(declared)
