"""Connections that switched protocols: two transports, joined to a tunnel.

    client  <->  _Side  <->  _Side  <->  service

Each side passes its data on, and reads only while the other one can be written
to. Both directions of WebSocket have a reader of frames. When the route is retired, the
connection is idle for too long, or a frame is too big, both ends get a close frame at
the end of their current frame, and the connection is closed. Those of other protocols
are closed at once.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

from weir.gateway.routes.endpoints.websocket.frames import (
    GOING_AWAY,
    TOO_BIG,
    FrameReader,
    FrameTooBig,
    close_frame,
)
from weir.gateway.transport.transport import ResponseStream

_FINISHING_S: Final = 10.0
"""The time for both ends to finish their current frames."""
_CLOSING_S: Final = 2.0
"""The time for both ends to respond to a close frame."""
_FLUSH_S: Final = 10.0
"""The time for an end to read what is written when its connection is closed."""


@dataclass(frozen=True, slots=True)
class TunnelPolicy:
    """The longest time without a byte in any direction, and the largest frame.

    Protocols without frames of WebSocket are not `framed`.
    """

    idle_s: float = 300.0
    max_frame_bytes: int = 16 * 1024 * 1024
    framed: bool = True


class Tunnel:
    """The tunnel of one connection, between a client and the `stream` of a service.

    `bytes_in` came from the client, and `bytes_out` from the service.
    """

    def __init__(
        self,
        stream: ResponseStream,
        policy: TunnelPolicy,
        retired: asyncio.Event,
        flush_s: float = _FLUSH_S,
    ) -> None:
        self.flush_s = flush_s
        self._stream = stream
        self._policy = policy
        self._retired = retired
        self._watch: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_s = 0.0
        self.bytes_in = self.bytes_out = 0
        self.client = _Side(self, masks=True)
        self.service = _Side(self, masks=False)
        self.client.peer, self.service.peer = self.service, self.client

    def take_over(self, transport: asyncio.Transport, data: bytes) -> asyncio.Protocol:
        """Join the client's transport and the service's; `data` was read already."""
        loop = asyncio.get_running_loop()
        self._last_s = loop.time()
        connection, early = self._stream.detach()
        self.client.connection_made(transport)
        connection.set_protocol(self.service)
        self.service.connection_made(connection)
        if early:
            self.service.data_received(early)
        if connection.is_closing():
            self.client.close()
        if data:
            self.client.data_received(data)
        self._watch = loop.create_task(self._watched())
        return self.client

    def arrived(self, size: int, frames: int, *, from_client: bool) -> None:
        """Record bytes of one end, in which so many frames of WebSocket begin."""
        self._last_s = asyncio.get_running_loop().time()
        if from_client:
            self.bytes_in += size
            self._stream.count(size, 0, frames, 0)
        else:
            self.bytes_out += size
            self._stream.count(0, size, 0, frames)

    def end(self, status: int) -> None:
        """Send a close frame to both ends, each at the end of its current frame."""
        if not self._policy.framed:
            self._close()
            return
        self._close_in(_FINISHING_S)
        for side in (self.client, self.service):
            side.close_with(status)

    def one_has_closed(self) -> None:
        """Wait less for responses to the close frames, once both are sent."""
        if self.client.is_closed and self.service.is_closed:
            self._close_in(_CLOSING_S)

    async def aclose(self) -> None:
        """Release the connection of the service, and its slots."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        self.service.close()
        await self._stream.aclose()

    async def _watched(self) -> None:
        """End the tunnel when its route is retired, or it was idle for too long."""
        loop = asyncio.get_running_loop()
        while (left_s := self._last_s + self._policy.idle_s - loop.time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._retired.wait()
                break
        self.end(GOING_AWAY)

    def _close_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._close)

    def _close(self) -> None:
        self.client.close()
        self.service.close()

    def new_reader(self) -> FrameReader | None:
        """Return a reader for one direction of WebSocket."""
        policy = self._policy
        return FrameReader(policy.max_frame_bytes) if policy.framed else None


class _Side(asyncio.Protocol):
    """One end of a tunnel, which passes its data on to its `peer`.

    `masks` is set for the client's side, whose frames are masked.
    """

    peer: "_Side"

    def __init__(self, tunnel: Tunnel, *, masks: bool) -> None:
        self._tunnel = tunnel
        self._masks = masks
        self._reader = tunnel.new_reader()
        self._transport: asyncio.Transport | None = None
        self._closing = 0
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS, never UDP

    def data_received(self, data: bytes) -> None:
        frames = 0 if self.is_closed else self._passed_on(data)
        self._tunnel.arrived(len(data), frames, from_client=self._masks)

    def _passed_on(self, data: bytes) -> int:
        """Pass data on; return the number of frames of WebSocket in it."""
        reader = self._reader
        if reader is None:
            self.peer.write(data)
            return 0
        before = reader.frames
        try:
            if self._closing:
                end = reader.feed_until_boundary(data)
                self.peer.write(data[:end])
                self._send_close()
            else:
                reader.feed(data)
                self.peer.write(data)
        except FrameTooBig as error:
            self._reject(data, error.before)
        return reader.frames - before

    def close_with(self, status: int) -> None:
        """Send a close frame to the peer after the current frame from here."""
        self._closing = self._closing or status
        self._send_close()

    def _reject(self, data: bytes, before: int | None) -> None:
        """End the tunnel at a frame that is too big, and pass on what is before it."""
        self.is_closed = True
        if before is not None:
            self.peer.write(data[:before])
            self.peer.write(close_frame(GOING_AWAY, masked=self._masks))
        self._tunnel.end(TOO_BIG)

    def _send_close(self) -> None:
        assert self._reader is not None, "only WebSocket has close frames"
        if self._reader.between_frames and not self.is_closed:
            self.is_closed = True
            self.peer.write(close_frame(self._closing, masked=self._masks))
            self._tunnel.one_has_closed()

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close when what is written is sent, or after the time for that."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.close()
        if transport.get_write_buffer_size():
            loop = asyncio.get_running_loop()
            loop.call_later(self._tunnel.flush_s, transport.abort)

    def pause_writing(self) -> None:
        peer = self.peer._transport  # noqa: SLF001 - of the same class
        if peer is not None and not peer.is_closing():
            peer.pause_reading()

    def resume_writing(self) -> None:
        peer = self.peer._transport  # noqa: SLF001 - of the same class
        if peer is not None and not peer.is_closing():
            peer.resume_reading()

    def eof_received(self) -> bool:
        self.peer.close()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.peer.close()
