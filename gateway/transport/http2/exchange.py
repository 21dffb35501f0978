"""Single exchanges on a shared HTTP/2 connection."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from weir.gateway.headers import Headers, header, header_values
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
    UpstreamRequestInvalid,
    UpstreamTimeout,
)
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.streams import NO_UPGRADE

STREAM_WINDOW: Final = 1024 * 1024
"""The data that a peer may send on an exchange before it is consumed, in bytes."""
_STATUS: Final = re.compile(rb"[1-9][0-9]{2}")
_LENGTH: Final = re.compile(rb"[0-9]{1,19}")
_CONTENT_LENGTH: Final = b"content-length"
_BODILESS: Final = frozenset({204, 304})


class RequestRefused(UpstreamConnectionLost):
    """A request that the peer has not begun to process.

    By RFC 9113 §8.7, it may be retried even if it is not safe.
    """

    nothing_sent = True
    unreached = False


class StreamAborted(UpstreamConnectionLost):
    """An exchange that the peer has reset; the connection remains open."""

    unreached = False


class StaleConnection(UpstreamConnectionLost):
    """The end of a reused connection before the head of the response.

    The peer may be healthy, and have closed the connection before it got the request.
    """


class Link(Protocol):
    """The part of the connection that an exchange uses."""

    def room(self, stream_id: int) -> int:
        """Return the number of bytes that may be sent now."""
        ...

    async def send(self, stream_id: int, data: bytes, *, end: bool) -> None: ...
    def open_window(self, stream_id: int, size: int) -> None:
        """Let the peer send `size` more bytes."""
        ...

    def end(self, exchange: "Exchange") -> None:
        """Remove the exchange; reset it if it is not complete."""
        ...


@dataclass(frozen=True, slots=True)
class Reception:
    """The reception of the response to `method`, of up to `limit` bytes.

    If it is `gathered`, the stream's window is opened as data arrives. Otherwise it is
    opened as data is consumed. `hold` counts it while it arrives.
    """

    limit: int
    gathered: bool
    method: str
    hold: ReplyHold | None = None


class Exchange:
    """A stream of RFC 9113 as a `Flow`."""

    def __init__(self, link: Link, stream_id: int, reception: Reception) -> None:
        self.id = stream_id
        self.status = 0
        self.headers: Headers = ()
        self.trailers: Headers = ()
        self.in_head = True
        self.complete = False
        self.sent = False
        self._link = link
        self._reception = reception
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._taken = 0
        self._error: UpstreamError | None = None
        self._changed = asyncio.Event()
        self._may_send = asyncio.Event()

    def gathered(self) -> bytes:
        """Return the part of the body that has arrived."""
        return self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)

    async def wait_until_complete(self) -> None:
        """Wait for the whole response; raise the error of a failed exchange."""
        while not self.complete:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()

    async def change(self, within_s: float | None = None) -> None:
        if self._error is None and not self.complete:
            self._changed.clear()
            try:
                async with asyncio.timeout(within_s):
                    await self._changed.wait()
            except TimeoutError:
                self.fail(UpstreamTimeout(f"no data within {within_s:.3f} s"))
        if self._error is not None and not (self._waiting or self.complete):
            raise self._error

    def take_whole(self) -> bytes | None:
        if not self.complete or self._error is not None or self.trailers:
            return None
        whole = self.gathered()
        self._waiting.clear()
        return whole

    def take_chunk(self) -> bytes | None:
        if not self._waiting:
            return b"" if self.complete else None
        chunk = self._waiting.popleft()
        self._acknowledge(len(chunk))
        return chunk

    async def send_whole(self, data: bytes) -> None:
        """Send the whole body of the request, which is not empty."""
        at = 0
        while at < len(data) and (room := await self._room()):
            part = data[at : at + room]
            at += room
            self.sent = at >= len(data)
            await self._link.send(self.id, part, end=self.sent)

    async def send_part(self, data: bytes) -> None:
        at = 0
        while at < len(data) and (room := await self._room()):
            await self._link.send(self.id, data[at : at + room], end=False)
            at += room

    async def send_end(self) -> None:
        if self._error is not None:
            raise self._error
        if not self.complete:
            self.sent = True
            await self._link.send(self.id, b"", end=True)

    def fail(self, error: UpstreamError) -> None:
        if not self.complete:
            self._error = self._error or error
            if self._reception.gathered:
                # The error gets the frames of its reader, so there is a cycle.
                self._waiting.clear()
        self._wake()
        self._link.end(self)

    def close(self) -> None:
        self._link.end(self)

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        raise UpstreamRequestInvalid(NO_UPGRADE)

    async def _room(self) -> int:
        """Return the bytes that may be sent, once there are any; 0 after the response.

        Wait for the window of the peer. Raise the error of a failed exchange.
        """
        while self._error is None and not self.complete:
            room = self._link.room(self.id)
            if room > 0:
                return room
            self._may_send.clear()
            await self._may_send.wait()
        if self._error is not None:
            raise self._error
        return 0

    def _acknowledge(self, size: int) -> None:
        self._taken += size
        if self._taken >= STREAM_WINDOW // 2 and not self.complete:
            self._link.open_window(self.id, self._taken)
            self._taken = 0

    def _wake(self) -> None:
        self._changed.set()
        self._may_send.set()

    # The connection calls the following methods.

    def on_head(self, headers: Headers) -> None:
        status = headers[0][1]  # h2 has verified that :status is first
        if _STATUS.fullmatch(status) is None:
            self.fail(UpstreamProtocolError(f"not a status: {status!r}"))
            return
        lengths = set(header_values(headers, _CONTENT_LENGTH))
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            # h2 verifies the length only of a body that is sent.
            self.fail(UpstreamProtocolError(f"not a length: {sorted(lengths)}"))
            return
        self.status = int(status)
        self.headers = headers[1:]
        self.in_head = False
        self._changed.set()

    def on_data(self, data: bytes, window_size: int) -> None:
        """Add a piece of the body; `window_size` includes its padding."""
        self._size += len(data)
        if self._size > self._reception.limit:
            message = f"more than {self._reception.limit} bytes of body"
            self.fail(UpstreamReplyTooLarge(message))
            return
        if data:
            self._waiting.append(data)
        gathered, hold = self._reception.gathered, self._reception.hold
        if hold is not None:
            try:
                hold.grow(self._size, len(self._waiting))
            except UpstreamError as error:
                self.fail(error)
                return
        self._acknowledge(window_size if gathered else window_size - len(data))
        self._changed.set()

    def on_end(self) -> None:
        declared = header(self.headers, _CONTENT_LENGTH)
        expects_body = self._reception.method != "HEAD" and self.status not in _BODILESS
        # h2 verifies the length of a body only if there is a body.
        if expects_body and not self._size and declared not in {None, b"0"}:
            self.fail(UpstreamProtocolError("the declared body is missing"))
            return
        self.complete = True
        self._wake()

    def on_window_update(self) -> None:
        self._may_send.set()
