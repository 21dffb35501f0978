"""Cuts the bytes of a connection into HTTP/1.1 messages (RFC 9112).

llhttp, by way of httptools, decides on the syntax and decodes chunks; it is never
lenient. Its parser does not report where in its input a message ends, and goes on with
the next one. So it is fed in pieces that end where a message may end: with the empty
line of a head, with the declared length of a body, and with the trailers of a chunked
one. Then at most one message is in progress, whatever the segments in which its bytes
arrive.

llhttp does not limit anything. The limits of the target, of a head, of trailers, and of
what chunks add to a body are here.
"""

import re
from enum import Enum, auto
from typing import Protocol

import httptools

from weir.gateway.clock import Clock
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import (
    BadRequest,
    HeadersTooLarge,
    HttpVersionNotSupported,
    MethodNotImplemented,
    UriTooLong,
)
from weir.gateway.headers import Headers
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.messages.blank_line import BlankLine
from weir.gateway.server.messages.chunk_walk import ChunkWalk
from weir.gateway.server.messages.request_head import (
    Source,
    StartLine,
    body_length,
    not_implemented,
    request_head,
)

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Longer than every method that llhttp knows.
_LONGEST_METHOD = 32
_UNKNOWN_VERSION = "Invalid HTTP version"


class BodyReceiver(Protocol):
    """A receiver of the body of one message, in order."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body, at least one."""
        ...

    def finish(self, trailers: Headers) -> None:
        """Take the end of the message."""
        ...


class HeadReceiver(Protocol):
    """A receiver of the heads of messages."""

    def head_received(
        self, head: RequestHead, length: int | None, *, keep_alive: bool, upgrade: bool
    ) -> BodyReceiver:
        """Take a head; return what gets the body.

        `length` is that of the body, or None where it is chunked. `upgrade` is whether
        the client would switch protocols.
        """
        ...


class _Section(Enum):
    """The section of the message that the next byte belongs to."""

    HEAD = auto()
    UNKNOWN_METHOD = auto()
    SIZED_BODY = auto()
    CHUNKED_BODY = auto()


class MessageParser:
    """A parser of the bytes of one connection, which ends with its first error."""

    __slots__ = (
        "_blank_line",
        "_body",
        "_body_bytes",
        "_body_left",
        "_chunks",
        "_clock",
        "_ended",
        "_head_bytes",
        "_keep_alive",
        "_limits",
        "_lines",
        "_opening",
        "_overhead_bytes",
        "_parser",
        "_pieces",
        "_receiver",
        "_section",
        "_since_body_bytes",
        "_source",
        "_start_line",
        "_target",
        "_upgrade",
        "in_body",
        "on_body",
        "on_url",
    )

    _body: BodyReceiver

    def __init__(
        self,
        limits: ConnectionLimits,
        clock: Clock,
        source: Source,
        receiver: HeadReceiver,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._source = source
        self._receiver = receiver
        self._blank_line = BlankLine()
        self._body_left = 0
        self._chunks = ChunkWalk()
        self._body_bytes = self._overhead_bytes = self._since_body_bytes = 0
        self._keep_alive = self._upgrade = False
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append
        self._start_line: StartLine | None = None
        self._target: list[bytes] = []
        self.on_url = self._target.append
        self._parser = httptools.HttpRequestParser(self)
        self._expect_head()

    def close(self) -> None:
        """Release the lines, and llhttp's parser: it and this one refer to each other.

        Bytes can no longer be fed.
        """
        del self._parser, self._lines

    @property
    def in_head(self) -> bool:
        """Whether some bytes of a head have arrived, and not all."""
        return self._head_bytes > 0

    def feed(self, data: bytes, start: int = 0) -> int:
        """Take bytes from `start` to the end of a message; return where that is.

        Raise BadRequest, UriTooLong, HeadersTooLarge, MethodNotImplemented,
        CodingNotImplemented and HttpVersionNotSupported.
        """
        while start < len(data):
            match self._section:
                case _Section.HEAD:
                    start = self._feed_head(data, start)
                case _Section.SIZED_BODY:
                    start = self._feed_sized(data, start)
                case _Section.CHUNKED_BODY:
                    start = self._feed_chunked(data, start)
                case _Section.UNKNOWN_METHOD:
                    self._refuse_method(data[start : start + _LONGEST_METHOD])
                    start = len(data)
            if self._ended:
                trailers = tuple(self._lines)
                self._expect_head()
                self._body.finish(trailers)
                break
        return start

    def on_header(self, name: bytes, value: bytes) -> None:
        # llhttp leaves the white space behind a value in it (RFC 9112 §5.1).
        self._lines.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        parser = self._parser
        target = b"".join(self._target)
        self._start_line = parser.get_method(), target, parser.get_http_version()
        self._keep_alive = parser.should_keep_alive()
        self._upgrade = parser.should_upgrade()

    def on_message_complete(self) -> None:
        self._ended = True

    def _expect_head(self) -> None:
        self._section = _Section.HEAD
        self.in_body = self._ended = False
        self._head_bytes = 0
        self._start_line = None
        self._target.clear()
        self._lines: list[tuple[bytes, bytes]] = []
        self._opening = b""

    def _feed_head(self, data: bytes, start: int) -> int:
        end, _ = self._blank_line.find(data, start, len(data))
        limit = start + self._limits.head_bytes - self._head_bytes
        piece = data[start : min(end, limit)]
        self._head_bytes += len(piece)
        self._execute(piece)
        target = self._target
        if len(target) > 1:
            target[:] = (b"".join(target),)
        if target and len(target[0]) > self._limits.target_bytes:
            raise UriTooLong
        if end > limit:
            raise HeadersTooLarge
        if self._start_line is not None:
            self._begin_body(self._start_line)
        elif self._section is _Section.HEAD:
            self._opening = (self._opening + piece).lstrip(b"\r\n")[:_LONGEST_METHOD]
        return end

    def _begin_body(self, start_line: StartLine) -> None:
        lines, self._lines = tuple(self._lines), []
        keep_alive = self._keep_alive
        now_s = self._clock.monotonic_s()
        head = request_head(start_line, lines, self._source, now_s)
        length = body_length(head)
        # RFC 9110 §7.8: "A server MUST ignore an Upgrade header field that is received
        # in an HTTP/1.0 request."
        upgrade = self._upgrade and length == 0 and head.http_version == "1.1"
        if self._upgrade and length != 0:
            self._resume_within_body(length)
        self._head_bytes = 0
        if length is None:
            self._section = _Section.CHUNKED_BODY
            self._chunks = ChunkWalk()
            self._body_bytes = self._overhead_bytes = self._since_body_bytes = 0
        else:
            self._section = _Section.SIZED_BODY
            self._body_left = length
        self.in_body = True
        self._body = self._receiver.head_received(
            head, length, keep_alive=keep_alive, upgrade=upgrade
        )

    def _resume_within_body(self, length: int | None) -> None:
        """Parse the body of a request with an upgrade.

        llhttp takes the bytes behind such a head for another protocol. Until the server
        has agreed to it, they are the body (RFC 9110 §7.8).
        """
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
            if length is None
            else b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % length
        )
        self._lines.clear()
        self._ended = False

    def _feed_sized(self, data: bytes, start: int) -> int:
        end = min(len(data), start + self._body_left)
        self._body_left -= end - start
        piece = data[start:end]
        # There is no syntax within a declared length, so that this cannot fail.
        self._parser.feed_data(piece)
        self._pieces.clear()
        self._body.feed(piece)
        assert self._ended is (self._body_left == 0)
        return end

    def _feed_chunked(self, data: bytes, start: int) -> int:
        stop = min(len(data), start + self._limits.head_bytes)
        end, body, is_last = self._chunks.step(data, start, stop)
        self._execute(data[start:end])
        if self._deliver() != body or self._ended is not is_last:
            detail = "The chunks of the body are malformed."
            raise BadRequest(detail)
        self._count_overhead(end - start, body)
        return end

    def _deliver(self) -> int:
        """Hand on what llhttp has decoded; return the number of bytes."""
        pieces = self._pieces
        if not pieces:
            return 0
        data = b"".join(pieces)
        pieces.clear()
        self._body.feed(data)
        return len(data)

    def _count_overhead(self, fed: int, body: int) -> None:
        """Bound chunk sizes, chunk extensions and trailers.

        The bytes since the last byte of the body are bounded by the limit of a head,
        and all bytes before that by the body and a head.
        """
        limit = self._limits.head_bytes
        self._body_bytes += body
        self._since_body_bytes += fed - body
        if body:
            self._overhead_bytes += self._since_body_bytes
            self._since_body_bytes = 0
        if self._since_body_bytes > limit:
            raise HeadersTooLarge
        if self._overhead_bytes > limit + self._body_bytes:
            detail = "The body has more bytes in chunk framing than in chunks."
            raise BadRequest(detail)

    def _execute(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # The piece ends with the head, and there is a body or the message ends.
            return
        except httptools.HttpParserInvalidMethodError:
            self._refuse_method(piece)
        except httptools.HttpParserInvalidURLError as error:
            detail = (
                "The request target has a character that has to be percent-encoded."
            )
            raise BadRequest(detail) from error
        except httptools.HttpParserError as error:
            if str(error) == _UNKNOWN_VERSION:
                raise HttpVersionNotSupported from error
            detail = f"The request is not valid HTTP/1.1: {error}."
            raise BadRequest(detail) from error

    def _refuse_method(self, piece: bytes) -> None:
        """Raise for what is not a method that llhttp knows, once its end is here.

        A token and a space are a method (RFC 9110 §9.1); anything else, such as the
        first bytes of a TLS handshake, is not HTTP.
        """
        self._section = _Section.UNKNOWN_METHOD
        self._opening = opening = (self._opening + piece).lstrip(b"\r\n")
        method = _METHOD.match(opening)
        name, rest = (method[0], opening[method.end() :]) if method else (b"", b"\0")
        if rest[:1] == b" " or len(name) > _LONGEST_METHOD:
            raise MethodNotImplemented(not_implemented(name[:_LONGEST_METHOD]))
        if rest:
            detail = "The request does not begin with a method."
            raise BadRequest(detail)
