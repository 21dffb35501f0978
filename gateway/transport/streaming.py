"""An exchange whose bodies flow: events, downloads, uploads, proxied routes.

Nothing is gathered. What a consumer does not take stays with the peer: reading pauses
while more than `HIGH_WATER` bytes wait, and a sender waits while the socket cannot
take more. A connection serves one stream and is closed with it: streams are long, and
a pool of connections for quick calls should not hold them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, cast

from gateway.headers import Headers
from gateway.transport.reply_parser import ReplyLimits, ReplyParser
from gateway.upstreams.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamTimeout,
)

HIGH_WATER: Final = 256 * 1024
LOW_WATER: Final = 64 * 1024


class StreamConnection(asyncio.Protocol):
    """A connection for one exchange, whose answer is taken in pieces."""

    def __init__(self, limits: ReplyLimits) -> None:
        self.reply = ReplyParser(limits)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._error: UpstreamError | None = None
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def begin(self, data: bytes, *, expects_body: bool) -> None:
        """Send a request: all of it, or its head where chunks follow."""
        assert self._transport is not None, "a stream follows connection_made"
        self.reply.begin(expects_body=expects_body)
        self._transport.write(data)

    async def send(self, data: bytes) -> None:
        """Send more of the request; return when more can be taken."""
        await self._writable.wait()
        if self._error is not None:
            raise self._error
        assert self._transport is not None
        self._transport.write(data)

    async def change(self) -> None:
        """Return when something has arrived; raises what broke the exchange."""
        if self._error is None:
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None and not self._waiting:
            raise self._error

    def take_chunk(self) -> bytes | None:
        """Return a piece of the body, empty at its end, None if none has arrived."""
        if not self._waiting:
            return b"" if self.reply.complete else None
        chunk = self._waiting.popleft()
        self._buffered -= len(chunk)
        if self._paused and self._buffered < LOW_WATER:
            self._resume()
        return chunk

    def fail(self, error: UpstreamError) -> None:
        """Break the exchange off."""
        self._error = self._error or error
        self._changed.set()
        self._writable.set()
        self.close()

    def close(self) -> None:
        """End the exchange, complete or not."""
        if self._transport is not None:
            self._transport.abort()

    def _resume(self) -> None:
        self._paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # The event loop calls what follows.

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
            self.fail(UpstreamConnectionLost(f"the connection ended{reason}"))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()


class Http1Stream:
    """The answer of a `StreamConnection`, and the upload that goes with it.

    A silence of more than `idle_s` within the body is an `UpstreamTimeout`.
    """

    def __init__(
        self,
        connection: StreamConnection,
        idle_s: float,
        body: AsyncIterable[bytes] | None,
    ) -> None:
        self._connection = connection
        self._idle_s = idle_s
        self._upload = (
            None if body is None else asyncio.create_task(_upload(connection, body))
        )

    @property
    def status(self) -> int:
        return self._connection.reply.status

    @property
    def headers(self) -> Headers:
        return self._connection.reply.headers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            chunk = self._connection.take_chunk()
            if chunk is None:
                await self._change_within(self._idle_s)
            elif chunk:
                yield chunk
            else:
                return

    async def wait_for_head(self, timeout_s: float) -> None:
        """Return once status and headers are there."""
        while self._connection.reply.in_head:
            await self._change_within(timeout_s)

    async def aclose(self) -> None:
        self._connection.close()
        if self._upload is not None:
            self._upload.cancel()
            await asyncio.gather(self._upload, return_exceptions=True)

    async def _change_within(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._connection.change()
        except TimeoutError as error:
            late = UpstreamTimeout(f"nothing came within {timeout_s:.3f} s")
            self._connection.fail(late)
            raise late from error


async def _upload(connection: StreamConnection, body: AsyncIterable[bytes]) -> None:
    """Send a body in chunks as fast as it is taken; its failure breaks the exchange."""
    try:
        async for chunk in body:
            if chunk:
                await connection.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        await connection.send(b"0\r\n\r\n")
    except UpstreamError:
        return  # whoever reads the answer is told
    except BaseException:
        connection.fail(UpstreamConnectionLost("the request's body broke off"))
        raise
