"""A parser of the responses on an HTTP/1.1 connection.

llhttp finds where messages begin and end. It does not know the request, and accepts any
number of messages. This module adds the following:

- A 1xx response is skipped. Its head counts towards the limit, so that a peer cannot
  send 103 forever. 101 is an error, unless an upgrade was requested. So is a body.
- `chunked` is the only transfer coding. llhttp passes others on undecoded.
- A response to HEAD has no body, even if it declares one.
- The end of the connection is the end of the body if there is no other framing
  (RFC 9112 §6.3, rule 8). Otherwise it is a failure.
- After a second response, or any byte after the response, the connection must not be
  reused: the next request would get that response.
- llhttp collects fields and trailers without a limit, and chunk framing may be larger
  than the content. So bytes are counted before they are parsed.
"""

from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from weir.gateway.headers import Headers, header
from weir.gateway.transport.errors import (
    UpstreamError,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
)

_SMALLEST_STATUS: Final = 100
_INFORMATIONAL_BELOW: Final = 200
_SWITCHING_PROTOCOLS: Final = 101
_TRANSFER_ENCODING: Final = b"transfer-encoding"
_MAX_FRAMING_PER_BYTE: Final = 8
"""A chunk of one byte has five bytes of framing."""
_FIELD_OVERHEAD_BYTES: Final = 4
"""The colon, a space and the end of a line."""


class ReplyLimits(NamedTuple):
    """The maximum bytes of a head (with the 1xx before it), and of a body."""

    header_bytes: int
    body_bytes: int


class ReplyParser:
    """A parser of responses, without I/O."""

    __slots__ = (
        "_body_size",
        "_expects_body",
        "_limits",
        "_parser",
        "_trailer_bytes",
        "_trailing_bytes",
        "_upgrades",
        "_wire_bytes",
        "chunks",
        "complete",
        "in_head",
        "lines",
        "reusable",
        "status",
        "trailers",
        "upgraded",
    )

    def __init__(self, limits: ReplyLimits) -> None:
        self._limits = limits
        self._parser = HttpResponseParser(self)
        self.reusable = True
        self.begin(expects_body=True)

    def begin(self, *, expects_body: bool, upgrades: bool = False) -> None:
        """Prepare for a response, which to HEAD has no body even if it declares one.

        With `upgrades`, a response with 101 is `upgraded`. The bytes after it are of
        another protocol, and go to `chunks`.
        """
        self._upgrades = upgrades
        self.upgraded = False
        self.lines: list[tuple[bytes, bytes]] = []
        self.trailers: list[tuple[bytes, bytes]] = []
        self._expects_body = expects_body
        self._body_size = self._wire_bytes = 0
        self._trailing_bytes = self._trailer_bytes = 0
        self.chunks: list[bytes] = []
        self.status = 0
        self.in_head = True
        self.complete = False

    @property
    def began(self) -> bool:
        """Whether a byte of the response has arrived."""
        return self._wire_bytes > 0

    @property
    def body_size(self) -> int:
        """The number of bytes of the body that have arrived."""
        return self._body_size

    @property
    def headers(self) -> Headers:
        return tuple(self.lines)

    def take_body(self) -> bytes:
        """Return the body of a complete response, and hold no part of it."""
        body = b"".join(self.chunks)
        self.drop_body()
        return body

    def drop_body(self) -> None:
        """Free what has arrived of a body.

        The parser of a closed connection is in a reference cycle, and the collector of
        those runs seldom.
        """
        self.chunks.clear()

    def feed(self, data: bytes) -> None:
        """Parse received bytes.

        Raise an `UpstreamError` if the response cannot be completed. Bytes after a
        complete response are not an error, but end `reusable`.
        """
        seen, body_size = self._wire_bytes, self._body_size
        self._wire_bytes = seen + len(data)
        try:
            if not self.in_head:
                self._parser.feed_data(data)
                self._check_framing(len(data), has_body=self._body_size > body_size)
            elif seen + len(data) <= self._limits.header_bytes:
                self._parser.feed_data(data)
            else:
                self._feed_head(data, self._limits.header_bytes - seen)
        except UpstreamError:
            self.reusable = False
            if not self.complete:
                raise
        except (HttpParserError, HttpParserUpgrade) as error:
            self.reusable = False
            if self.upgraded and isinstance(error, HttpParserUpgrade):
                (end,) = error.args
                self.chunks.append(data[end:])
                return
            if not self.complete:
                raise _upstream_error(error) from error

    def end_of_stream(self) -> bool:
        """Handle the end of the stream; return whether it completes the response."""
        self.reusable = False
        framed = (
            header(self.headers, b"content-length") is not None
            or header(self.headers, _TRANSFER_ENCODING) is not None
        )
        self.complete = self.complete or not (self.in_head or framed)
        return self.complete

    def _feed_head(self, data: bytes, room: int) -> None:
        """Feed data of which at most `room` bytes may belong to the head."""
        self._parser.feed_data(data[:room])
        if self.in_head:
            message = f"more than {self._limits.header_bytes} bytes of header"
            raise UpstreamProtocolError(message)
        self._parser.feed_data(data[room:])

    def _check_coding(self, coding: bytes) -> None:
        """Raise for all codings but one `chunked` (RFC 9112 §7)."""
        if coding.lower() != b"chunked" or header(self.headers, _TRANSFER_ENCODING):
            name = coding.decode("latin-1")
            message = f"transfer coding {name!r} is not supported"
            raise UpstreamProtocolError(message)

    def _check_framing(self, fed: int, *, has_body: bool) -> None:
        self._trailing_bytes = 0 if has_body else self._trailing_bytes + fed
        framing = self._wire_bytes - self._body_size
        allowed = 2 * self._limits.header_bytes
        if (
            framing > allowed + _MAX_FRAMING_PER_BYTE * self._body_size
            or self._trailing_bytes > allowed
        ):
            message = "chunk framing or trailers are too large for the body"
            raise UpstreamProtocolError(message)

    def _check_trailer(self, size: int) -> None:
        """Raise if the trailers, with a field of `size` bytes, exceed the limit.

        They may arrive in one piece with the end of a large body.
        """
        self._trailer_bytes += size + _FIELD_OVERHEAD_BYTES
        if self._trailer_bytes > self._limits.header_bytes:
            message = f"more than {self._limits.header_bytes} bytes of trailers"
            raise UpstreamProtocolError(message)

    # The parser calls the following methods. An exception stops it.

    def on_message_begin(self) -> None:
        if self.complete:
            message = "bytes after the end of the response"
            raise UpstreamProtocolError(message)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:
            name, value = name.lower(), value.rstrip(b" \t")
            if name == _TRANSFER_ENCODING:
                self._check_coding(value)
            self.lines.append((name, value))
        else:
            self._check_trailer(len(name) + len(value))
            self.trailers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < _SMALLEST_STATUS:
            message = f"not a status: {status:03}"
            raise UpstreamProtocolError(message)
        self.upgraded = self._upgrades and status == _SWITCHING_PROTOCOLS
        if status < _INFORMATIONAL_BELOW and not self.upgraded:
            return
        self.status = status
        self.in_head = False
        if not self._expects_body:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()
            self._parser = HttpResponseParser(self)

    def on_body(self, body: bytes) -> None:
        if self.complete or self.in_head:
            kind = "1xx response" if self.in_head else "response to HEAD"
            message = f"a body in the {kind}"
            raise UpstreamProtocolError(message)
        self._body_size += len(body)
        if self._body_size > self._limits.body_bytes:
            message = f"more than {self._limits.body_bytes} bytes of body"
            raise UpstreamReplyTooLarge(message)
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        if self.in_head:
            self.lines.clear()
        elif not self.complete:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()


def _upstream_error(error: Exception) -> UpstreamError:
    """Return the error of a callback, or an `UpstreamError` for the parser's error."""
    if isinstance(error.__context__, UpstreamError):
        return error.__context__
    if isinstance(error, HttpParserUpgrade):
        return UpstreamProtocolError("the peer switched protocols unexpectedly")
    return UpstreamProtocolError(f"not HTTP/1.1: {error}")
