"""Exchanges with streamed bodies: events, downloads, uploads, proxied routes.

Bodies are not buffered as a whole. Reading pauses while more than `HIGH_WATER` bytes
wait for the consumer, and sending pauses while the socket's buffer is full. There is
one exchange at a time. After a complete one the connection is released, otherwise it is
closed.
"""

import asyncio
from collections import deque
from typing import Final, Protocol, cast

from weir.gateway.concurrency.deadline import Deadline
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamTimeout,
)
from weir.gateway.transport.http1.response_parser import ReplyLimits, ReplyParser

HIGH_WATER: Final = 256 * 1024
LOW_WATER: Final = 64 * 1024


class StreamOwner(Protocol):
    """The owner of the connections that are idle."""

    def release(self, connection: "StreamConnection") -> None:
        """Take a connection after a complete exchange."""
        ...

    def discard(self, connection: "StreamConnection") -> None:
        """Remove a connection that is closed."""
        ...


class StreamConnection(asyncio.Protocol):
    """A connection for exchanges with streamed responses: a `Flow` for each in turn.

    `opened_s` is the monotonic time at which it was opened.
    """

    def __init__(
        self, limits: ReplyLimits, owner: StreamOwner, opened_s: float
    ) -> None:
        self.reply = ReplyParser(limits)
        self.opened_s = opened_s
        self._owner = owner
        self._deadline = Deadline(asyncio.get_running_loop(), self._expired)
        self._within_s = 0.0
        self._in_exchange = False
        self._is_sent = False
        self._chunked = False
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._error: UpstreamError | None = None
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def begin(
        self,
        data: bytes,
        *,
        expects_body: bool,
        parts_follow: bool,
        chunked: bool,
        upgrades: bool = False,
    ) -> None:
        """Send a request, or its head if parts of the body follow."""
        assert self._transport is not None, "a stream follows connection_made"
        self._chunked = chunked
        self._in_exchange = True
        self._is_sent = not parts_follow
        self.reply.begin(expects_body=expects_body, upgrades=upgrades)
        self._transport.write(data)

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def headers(self) -> Headers:
        return self.reply.headers

    @property
    def trailers(self) -> Headers:
        return tuple(self.reply.trailers)

    @property
    def in_head(self) -> bool:
        return self.reply.in_head

    async def send_part(self, data: bytes) -> None:
        chunk = b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
        await self._send(chunk)

    async def send_end(self) -> None:
        await self._send(b"0\r\n\r\n" if self._chunked else b"")
        self._is_sent = True

    async def _send(self, data: bytes) -> None:
        await self._writable.wait()
        if self._error is not None:
            raise self._error
        assert self._transport is not None
        self._transport.write(data)

    async def change(self, within_s: float | None = None) -> None:
        if self._error is None:
            if within_s is not None:
                self._within_s = within_s
                self._deadline.set(within_s)
            self._changed.clear()
            try:
                await self._changed.wait()
            finally:
                if within_s is not None:
                    self._deadline.clear()
        if self._error is not None and not self._waiting:
            raise self._error

    def take_whole(self) -> bytes | None:
        reply = self.reply
        if not reply.complete or reply.upgraded or self._error is not None:
            return None
        if reply.trailers:
            return None
        waiting = self._waiting
        whole = waiting[0] if len(waiting) == 1 else b"".join(waiting)
        waiting.clear()
        return whole

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
        if not self._in_exchange:
            return
        self._in_exchange = False
        ended_well = self._is_sent and self.reply.complete and self._error is None
        if ended_well and self.reply.reusable and self.is_open:
            self._waiting.clear()
            self._buffered = 0
            if self._paused:
                self._resume()
            self._owner.release(self)
        else:
            self.abort()

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        assert self.reply.upgraded, "a response with 101 is first"
        assert self._transport is not None
        self._in_exchange = False
        read = b"".join(self._waiting)
        self._waiting.clear()
        if self._paused:
            self._resume()
        return self._transport, read

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def abort(self) -> None:
        """Close the connection at once, even within an exchange."""
        self._deadline.close()
        if self._transport is not None:
            self._transport.abort()

    def expire_in(self, idle_s: float) -> None:
        """Close the idle connection after `idle_s` seconds."""
        self._deadline.set(idle_s)

    def stop_expiry(self) -> None:
        """End the idle time."""
        self._deadline.clear()

    def _expired(self) -> None:
        if self._in_exchange:
            self.fail(UpstreamTimeout(f"no data within {self._within_s:.3f} s"))
        else:
            self.abort()

    def _resume(self) -> None:
        self._paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # The event loop calls the following methods.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS, never UDP

    def data_received(self, data: bytes) -> None:
        if not self._in_exchange:
            # It belongs to no request.
            self.abort()
            return
        if self.reply.upgraded:
            self.reply.chunks.append(data)
        else:
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
        self._deadline.close()
        self._owner.discard(self)
        if not self._in_exchange:
            return
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
