"""Reads one answer after the other from the bytes of an HTTP/1.1 connection.

llhttp says where messages begin and end; it does not know what was asked, and it is
happy to go on. What it leaves to its user is here:

- A 1xx answer completes like any other. It is skipped; its head counts towards the
  limit, so that a peer cannot send 103 for ever. 101 was never asked for.
- The answer to HEAD announces a body that does not come.
- The end of the connection is the end of the body where nothing else frames it
  (RFC 9112 section 6.3, rule 8). Everywhere else it is a failure.
- A second answer, or any byte after the answer, belongs to nobody: the connection must
  not be used again, or it would be taken for the answer to the next request.
- Fields and trailers are collected without a limit, and chunk framing may outweigh
  what it frames: bytes are counted before they are parsed.
"""

from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from weir.gateway.headers import Headers, header
from weir.gateway.transport.errors import (
    UpstreamError,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
)

_INFORMATIONAL_BELOW: Final = 200
_MAX_FRAMING_PER_BYTE: Final = 8
"""A chunk of one byte is framed by five."""


class ReplyLimits(NamedTuple):
    """The most bytes of a head (with the 1xx before it), and of a body."""

    header_bytes: int
    body_bytes: int


class ReplyParser:
    """The bytes of answers, made into answers; knows no socket."""

    __slots__ = (
        "_body_size",
        "_expects_body",
        "_limits",
        "_lines",
        "_parser",
        "_wire_bytes",
        "chunks",
        "complete",
        "in_head",
        "reusable",
        "status",
    )

    def __init__(self, limits: ReplyLimits) -> None:
        self._limits = limits
        self._parser = HttpResponseParser(self)
        self.reusable = True
        self.begin(expects_body=True)

    def begin(self, *, expects_body: bool) -> None:
        """Prepare for an answer; to HEAD, it has no body whatever it says."""
        self._lines: list[tuple[bytes, bytes]] = []
        self._expects_body = expects_body
        self._body_size = self._wire_bytes = 0
        self.chunks: list[bytes] = []
        self.status = 0
        self.in_head = True
        self.complete = False

    @property
    def began(self) -> bool:
        """True if a byte of the answer has arrived."""
        return self._wire_bytes > 0

    @property
    def headers(self) -> Headers:
        return tuple(self._lines)

    def feed(self, data: bytes) -> None:
        """Take what was read.

        Raises an `UpstreamError` where the answer cannot be completed. After an
        answer that is complete, nothing is an error; it is just not `reusable`.
        """
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade, UpstreamError) as error:
            self.reusable = False
            if not self.complete:
                raise _blamed(error) from error

    def end_of_stream(self) -> bool:
        """The peer has closed; say whether that completes the answer."""
        self.reusable = False
        framed = (
            header(self.headers, b"content-length") is not None
            or header(self.headers, b"transfer-encoding") is not None
        )
        self.complete = self.complete or not (self.in_head or framed)
        return self.complete

    def _feed(self, data: bytes) -> None:
        seen = self._wire_bytes
        self._wire_bytes = seen + len(data)
        if not self.in_head:
            self._parser.feed_data(data)
            self._check_framing()
            return
        room = self._limits.header_bytes - seen
        if len(data) <= room:
            self._parser.feed_data(data)
            return
        self._parser.feed_data(data[:room])
        if self.in_head:
            msg = f"more than {self._limits.header_bytes} bytes of header"
            raise UpstreamProtocolError(msg)
        self._parser.feed_data(data[room:])

    def _check_framing(self) -> None:
        framing = self._wire_bytes - self._body_size
        allowed = 2 * self._limits.header_bytes
        if framing > allowed + _MAX_FRAMING_PER_BYTE * self._body_size:
            msg = "chunk framing or trailers outweigh the body"
            raise UpstreamProtocolError(msg)

    # The parser calls what follows. An exception stops it.

    def on_message_begin(self) -> None:
        if self.complete:
            msg = "bytes after the end of the answer"
            raise UpstreamProtocolError(msg)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:
            self._lines.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < _INFORMATIONAL_BELOW:
            return
        self.status = status
        self.in_head = False
        if not self._expects_body:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()
            self._parser = HttpResponseParser(self)

    def on_body(self, body: bytes) -> None:
        if self.complete:
            msg = "a body in answer to HEAD"
            raise UpstreamProtocolError(msg)
        self._body_size += len(body)
        if self._body_size > self._limits.body_bytes:
            msg = f"more than {self._limits.body_bytes} bytes of body"
            raise UpstreamReplyTooLarge(msg)
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        if self.in_head:
            self._lines.clear()
        elif not self.complete:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()


def _blamed(error: Exception) -> UpstreamError:
    """Return our own error where a callback raised one, else the parser's as ours."""
    cause = error if isinstance(error, UpstreamError) else error.__context__
    if isinstance(cause, UpstreamError):
        return cause
    if isinstance(error, HttpParserUpgrade):
        return UpstreamProtocolError("the protocol was switched without being asked")
    return UpstreamProtocolError(f"not HTTP/1.1: {error}")
