"""One request and its answer, on a connection that is shared with others."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from weir.gateway.headers import Headers, header
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
)

STREAM_WINDOW: Final = 1024 * 1024
"""What a peer may send on an exchange beyond what was taken from it."""
_STATUS_DIGITS: Final = 3
_BODILESS: Final = frozenset({204, 304})


class RequestRefused(UpstreamConnectionLost):
    """The peer says that it has not begun to work on the request.

    RFC 9113 section 8.7: then any request may be made again, safe or not.
    """

    nothing_sent = True
    unreached = False


class AnswerBrokenOff(UpstreamConnectionLost):
    """The peer reset this one exchange; the connection goes on."""

    unreached = False


class WentStale(UpstreamConnectionLost):
    """A connection that had served others ended before a byte of this answer came.

    Its peer may have closed it in the moment of the request, and be well.
    """


class Link(Protocol):
    """What an exchange needs of its connection."""

    def room(self, stream_id: int) -> int:
        """Return how many bytes may be sent now."""
        ...

    async def send(self, stream_id: int, data: bytes, *, end: bool) -> None: ...
    def open_window(self, stream_id: int, size: int) -> None:
        """Let the peer send `size` bytes more."""
        ...

    def end(self, exchange: "Exchange") -> None:
        """Forget the exchange; it is reset where it is not over."""
        ...


@dataclass(frozen=True, slots=True)
class Taking:
    """How the answer to `method` is taken: up to `limit` bytes, gathered or in pieces.

    Where it is `gathered`, the peer need not wait for anybody to take it.
    """

    limit: int
    gathered: bool
    method: str


class Exchange:
    """A stream of RFC 9113 as a `Flow`."""

    def __init__(self, link: Link, stream_id: int, taking: Taking) -> None:
        self.id = stream_id
        self.status = 0
        self.headers: Headers = ()
        self.in_head = True
        self.complete = False
        self.sent = False
        self._link = link
        self._taking = taking
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._taken = 0
        self._error: UpstreamError | None = None
        self._changed = asyncio.Event()
        self._may_send = asyncio.Event()

    def gathered(self) -> bytes:
        """Return what has arrived of the body."""
        return self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)

    async def wait_until_complete(self) -> None:
        """Return once all of the answer is there; raises what broke it off."""
        while not self.complete:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()

    async def change(self) -> None:
        if self._error is None and not self.complete:
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None and not (self._waiting or self.complete):
            raise self._error

    def take_chunk(self) -> bytes | None:
        if not self._waiting:
            return b"" if self.complete else None
        chunk = self._waiting.popleft()
        self._let_more_come(len(chunk))
        return chunk

    async def send_whole(self, data: bytes) -> None:
        """Send all of the request's body, which is not empty."""
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
        self._wake()
        self._link.end(self)

    def close(self) -> None:
        self._link.end(self)

    async def _room(self) -> int:
        """Wait for the peer to take more; 0 where it no longer wants to."""
        while self._error is None and not self.complete:
            room = self._link.room(self.id)
            if room > 0:
                return room
            self._may_send.clear()
            await self._may_send.wait()
        if self._error is not None:
            raise self._error
        return 0

    def _let_more_come(self, size: int) -> None:
        self._taken += size
        if self._taken >= STREAM_WINDOW // 2 and not self.complete:
            self._link.open_window(self.id, self._taken)
            self._taken = 0

    def _wake(self) -> None:
        self._changed.set()
        self._may_send.set()

    # The connection calls what follows.

    def head_came(self, headers: Headers) -> None:
        status = headers[0][1]  # h2 has seen to it that :status comes first
        if not (status.isdigit() and len(status) == _STATUS_DIGITS):
            self.fail(UpstreamProtocolError(f"not a status: {status!r}"))
            return
        self.status = int(status)
        self.headers = headers[1:]
        self.in_head = False
        self._changed.set()

    def data_came(self, data: bytes, window_size: int) -> None:
        """Take a piece of the body, which counts as `window_size` with its padding."""
        self._size += len(data)
        if self._size > self._taking.limit:
            msg = f"more than {self._taking.limit} bytes of body"
            self.fail(UpstreamReplyTooLarge(msg))
            return
        if data:
            self._waiting.append(data)
        gathered = self._taking.gathered
        self._let_more_come(window_size if gathered else window_size - len(data))
        self._changed.set()

    def end_came(self) -> None:
        declared = header(self.headers, b"content-length")
        expects_body = self._taking.method != "HEAD" and self.status not in _BODILESS
        # h2 compares the length only where there is a body at all.
        if expects_body and not self._size and declared not in {None, b"0"}:
            self.fail(UpstreamProtocolError("a body was announced, and none came"))
            return
        self.complete = True
        self._wake()

    def window_grew(self) -> None:
        self._may_send.set()
