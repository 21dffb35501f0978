"""One HTTP/1.1 connection: one exchange at a time, read by llhttp.

llhttp says where messages begin and end; it does not know what was asked, and it is
happy to go on. What it leaves to its user is here:

- A 1xx answer completes like any other. It is skipped; its head counts towards the
  limit, so that a peer cannot send 103 for ever. 101 was never asked for.
- The answer to HEAD announces a body that does not come.
- The end of the connection is the end of the body where nothing else frames it
  (RFC 9112 section 6.3, rule 8). Everywhere else it is a failure.
- A second answer, or bytes after the answer or while idle, belong to nobody: the
  connection is closed, or they would be taken for the answer to the next request.
- Fields and trailers are collected without a limit, and chunk framing may outweigh
  what it frames: bytes are counted before they are parsed.
- After an error, a timeout or a cancelled exchange the stream's position is unknown:
  the connection is closed and never used again.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.headers import Headers, header
from gateway.upstreams.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
    UpstreamTimeout,
)

_INFORMATIONAL_BELOW: Final = 200
_MAX_FRAMING_PER_BYTE: Final = 8
"""A chunk of one byte is framed by five."""


class ReplyLimits(NamedTuple):
    """The most bytes of a head (with the 1xx before it), and of a body."""

    header_bytes: int
    body_bytes: int


class Reply(NamedTuple):
    """An answer as it came: not yet decoded."""

    status: int
    headers: Headers
    body: bytes


class Connection(asyncio.Protocol):
    """A connection that its owner uses for one exchange at a time."""

    __slots__ = (
        "_body_size",
        "_chunks",
        "_complete",
        "_expects_body",
        "_headers",
        "_in_head",
        "_limits",
        "_loop",
        "_on_lost",
        "_parser",
        "_status",
        "_transport",
        "_waiter",
        "_wire_bytes",
        "idle_since_s",
        "opened_s",
        "reusable",
        "served",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: ReplyLimits,
        on_lost: Callable[["Connection"], None],
    ) -> None:
        self._loop = loop
        self._limits = limits
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._parser = HttpResponseParser(self)
        self.reusable = True
        self.served = 0
        self.opened_s = self.idle_since_s = 0.0

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def used_before(self) -> bool:
        """True once an answer has come by this connection."""
        return self.served > 0

    @property
    def answer_began(self) -> bool:
        """True if a byte of the current or last answer has arrived."""
        return self._wire_bytes > 0

    async def exchange(self, data: bytes, *, head: bool, timeout_s: float) -> Reply:
        """Send one request; return its answer.

        `head` says that the request's method is HEAD. Raises an `UpstreamError`.
        """
        assert self._transport is not None, "an exchange follows connection_made"
        self._begin(expects_body=not head)
        waiter = self._waiter = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self._expire, timeout_s)
        try:
            self._transport.write(data)
            await waiter
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            timer.cancel()
        self.served += 1
        return Reply(self._status, tuple(self._headers), self._body())

    def abort(self) -> None:
        """Close at once, whatever is in flight."""
        self.reusable = False
        self._waiter = None
        if self._transport is not None:
            self._transport.abort()

    def _begin(self, *, expects_body: bool) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._status = 0
        self._body_size = self._wire_bytes = 0
        self._in_head = True
        self._complete = False
        self._expects_body = expects_body

    def _body(self) -> bytes:
        chunks = self._chunks
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _expire(self, timeout_s: float) -> None:
        self._fail(UpstreamTimeout(f"no complete answer within {timeout_s:.3f} s"))

    def _fail(self, error: UpstreamError) -> None:
        waiter = self._waiter
        self.abort()
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)

    def _succeed(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS, never UDP

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:
            self.abort()
            return
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade, UpstreamError) as error:
            self.reusable = False
            if not self._complete:
                self._fail(_blamed(error))
                return
        if self._complete:
            self._succeed()

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if self._waiter is not None:
            if exc is None and self._ends_with_connection():
                self._succeed()
            else:
                reason = f": {exc}" if exc else ""
                self._fail(UpstreamConnectionLost(f"the connection ended{reason}"))
        self._on_lost(self)

    def _feed(self, data: bytes) -> None:
        seen = self._wire_bytes
        self._wire_bytes = seen + len(data)
        if not self._in_head:
            self._parser.feed_data(data)
            self._check_framing()
            return
        room = self._limits.header_bytes - seen
        if len(data) <= room:
            self._parser.feed_data(data)
            return
        self._parser.feed_data(data[:room])
        if self._in_head:
            msg = f"more than {self._limits.header_bytes} bytes of header"
            raise UpstreamProtocolError(msg)
        self._parser.feed_data(data[room:])

    def _check_framing(self) -> None:
        framing = self._wire_bytes - self._body_size
        allowed = 2 * self._limits.header_bytes
        if framing > allowed + _MAX_FRAMING_PER_BYTE * self._body_size:
            msg = "chunk framing or trailers outweigh the body"
            raise UpstreamProtocolError(msg)

    def _ends_with_connection(self) -> bool:
        """Say whether RFC 9112 section 6.3, rule 8, frames the current body."""
        headers = tuple(self._headers)
        return not (
            self._in_head
            or header(headers, b"content-length") is not None
            or header(headers, b"transfer-encoding") is not None
        )

    # What the parser calls. An exception here stops the parser.

    def on_message_begin(self) -> None:
        if self._complete:
            msg = "bytes after the end of the answer"
            raise UpstreamProtocolError(msg)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            self._headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < _INFORMATIONAL_BELOW:
            return
        self._status = status
        self._in_head = False
        if not self._expects_body:
            self._complete = True
            self.reusable = self._parser.should_keep_alive()
            self._parser = HttpResponseParser(self)

    def on_body(self, body: bytes) -> None:
        if self._complete:
            msg = "a body in answer to HEAD"
            raise UpstreamProtocolError(msg)
        self._body_size += len(body)
        if self._body_size > self._limits.body_bytes:
            msg = f"more than {self._limits.body_bytes} bytes of body"
            raise UpstreamReplyTooLarge(msg)
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._in_head:
            self._headers.clear()
        elif not self._complete:
            self._complete = True
            self.reusable = self._parser.should_keep_alive()


def _blamed(error: Exception) -> UpstreamError:
    """Return our own error where a callback raised one, else the parser's as ours."""
    cause = error if isinstance(error, UpstreamError) else error.__context__
    if isinstance(cause, UpstreamError):
        return cause
    if isinstance(error, HttpParserUpgrade):
        return UpstreamProtocolError("the protocol was switched without being asked")
    return UpstreamProtocolError(f"not HTTP/1.1: {error}")
