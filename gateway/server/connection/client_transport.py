"""The transport of one connection: flow control in both directions, and its end.

Closing has one trap. A socket that is closed with unread bytes resets the connection,
and the reset overtakes the response. So our side is shut down, and what still arrives
is dropped for a moment (RFC 9112 §9.6).
"""

import asyncio

# Above this size, copying a body behind its head costs more than a second buffer.
_JOINED_BYTES = 16 * 1024
# With TLS, the default is 512 KiB for each connection.
_UNREAD_BYTES = 16 * 1024
_LINGER_S = 1.0
_LINGER_BYTES = 4 * 1024 * 1024


class ClientTransport:
    """A transport that reads on demand, and resets if a client stops reading."""

    __slots__ = (
        "_dropped",
        "_is_reading",
        "_linger_timer",
        "_loop",
        "_transport",
        "_writable",
        "_write_s",
        "_write_timer",
        "is_paused",
        "lingers",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        write_s: float,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        transport.set_write_buffer_limits(_UNREAD_BYTES)
        self._transport = transport
        self._loop = loop
        self._write_s = write_s
        self._write_timer: asyncio.TimerHandle | None = None
        self._linger_timer: asyncio.TimerHandle | None = None
        self._writable: asyncio.Future[None] | None = None
        self._is_reading = True
        self._dropped = 0
        self.is_paused = False
        self.lingers = False

    @property
    def raw(self) -> asyncio.Transport:
        """The transport itself, for the protocol that takes it over."""
        return self._transport

    @property
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    @property
    def can_half_close(self) -> bool:
        """Whether one direction can end before the other; not with TLS."""
        return self._transport.can_write_eof()

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def write_message(self, head: bytes, body: bytes) -> None:
        """Write a head and its body at once."""
        if self._transport.is_closing():
            return
        if len(body) <= _JOINED_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))

    async def writable(self) -> None:
        """Wait until the client has read enough of what is written, or is gone."""
        while self.is_paused and not self._transport.is_closing():
            self._writable = self._loop.create_future()
            await self._writable

    def pause_writing(self) -> None:
        self.is_paused = True
        self._expect_reading()

    def resume_writing(self) -> None:
        self.is_paused = False
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        self._wake()

    def pause_reading(self) -> None:
        if self._is_reading and not self._transport.is_closing():
            self._is_reading = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._is_reading and not self._transport.is_closing():
            self._is_reading = True
            self._transport.resume_reading()

    def close(self) -> None:
        """Close when what is written is sent, within `write_s`."""
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._expect_reading()

    def close_reading_on(self) -> None:
        """Close, but first drop for a moment what the client still sends."""
        self.lingers = True
        self.resume_reading()
        # TLS has no half-close. The end of the response has to be its length.
        end = self._transport.close
        if self._transport.can_write_eof():
            self._transport.write_eof()
            end = self._transport.abort
        unsent = self._transport.get_write_buffer_size()
        if unsent:
            self._linger_timer = self._loop.call_later(
                self._write_s, self._transport.abort
            )
        else:
            self._linger_timer = self._loop.call_later(_LINGER_S, end)

    def drop(self, data: bytes) -> None:
        """Count what arrives after the end; a client that sends on is reset."""
        self._dropped += len(data)
        if self._dropped > _LINGER_BYTES:
            self._transport.abort()

    def abort(self) -> None:
        self._transport.abort()

    def lost(self) -> None:
        """Let go of all timers and waiters."""
        for timer in (self._write_timer, self._linger_timer):
            if timer is not None:
                timer.cancel()
        self._wake()

    def _expect_reading(self) -> None:
        if self._write_timer is None:
            self._write_timer = self._loop.call_later(
                self._write_s, self._transport.abort
            )

    def _wake(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
