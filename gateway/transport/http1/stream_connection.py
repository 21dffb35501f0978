"""Exchanges with streamed bodies: events, downloads, uploads, proxied routes.

Bodies are not buffered as a whole. Reading pauses while more than `HIGH_WATER` bytes
wait for the consumer, and sending pauses while the socket's buffer is full. Each stream
has a connection of its own, which is closed with it: streams are long, and would occupy
the slots of a pool for short calls.
"""

import asyncio
from collections import deque
from typing import Final, cast

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamConnectionLost, UpstreamError
from weir.gateway.transport.http1.response_parser import ReplyLimits, ReplyParser

HIGH_WATER: Final = 256 * 1024
LOW_WATER: Final = 64 * 1024


class StreamConnection(asyncio.Protocol):
    """A connection for one exchange with a streamed response: a `Flow`."""

    def __init__(self, limits: ReplyLimits) -> None:
        self.reply = ReplyParser(limits)
        self._chunked = False
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._error: UpstreamError | None = None
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def begin(self, data: bytes, *, expects_body: bool, chunked: bool) -> None:
        """Send a request, or its head if parts of the body follow."""
        self._chunked = chunked
        assert self._transport is not None, "a stream follows connection_made"
        self.reply.begin(expects_body=expects_body)
        self._transport.write(data)

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def headers(self) -> Headers:
        return self.reply.headers

    @property
    def in_head(self) -> bool:
        return self.reply.in_head

    async def send_part(self, data: bytes) -> None:
        chunk = b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
        await self._send(chunk)

    async def send_end(self) -> None:
        await self._send(b"0\r\n\r\n" if self._chunked else b"")

    async def _send(self, data: bytes) -> None:
        await self._writable.wait()
        if self._error is not None:
            raise self._error
        assert self._transport is not None
        self._transport.write(data)

    async def change(self) -> None:
        if self._error is None:
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None and not self._waiting:
            raise self._error

    def take_chunk(self) -> bytes | None:
        if not self._waiting:
            return b"" if self.reply.complete else None
        chunk = self._waiting.popleft()
        self._buffered -= len(chunk)
        if self._paused and self._buffered < LOW_WATER:
            self._resume()
        return chunk

    def fail(self, error: UpstreamError) -> None:
        self._error = self._error or error
        self._changed.set()
        self._writable.set()
        self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _resume(self) -> None:
        self._paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # The event loop calls the following methods.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS, never UDP

    def data_received(self, data: bytes) -> None:
        try:
            self.reply.feed(data)
        except UpstreamError as error:
            self.fail(error)
            return
        for chunk in self.reply.chunks:
            self._waiting.append(chunk)
            self._buffered += len(chunk)
        self.reply.chunks.clear()
        if self._buffered > HIGH_WATER and not self._paused and self._transport:
            self._paused = True
            self._transport.pause_reading()
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.reply.complete or (exc is None and self.reply.end_of_stream()):
            self._changed.set()
            self._writable.set()
        else:
            reason = f": {exc}" if exc else ""
            self.fail(UpstreamConnectionLost(f"the connection was closed{reason}"))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
