"""The bytes of responses (RFC 9112 §4 to §7)."""

import http
from typing import Final

from weir.gateway.headers import Headers

# The server alone says what concerns the connection, the framing and the time.
_OF_THE_SERVER: Final = frozenset(
    {b"connection", b"content-length", b"date", b"keep-alive", b"transfer-encoding"}
)
_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    for status in http.HTTPStatus
}
CONTINUE: Final = _STATUS_LINES[100] + b"\r\n"
PROCESSING: Final = _STATUS_LINES[102] + b"\r\n"
CLOSE: Final = b"connection: close\r\n"
KEEP_ALIVE: Final = b"connection: keep-alive\r\n"
CHUNKED: Final = b"transfer-encoding: chunked\r\n"
_WITHOUT_BODY: Final = frozenset({204, 304})


class InvalidHeader(Exception):
    """A header field of a response would end its line; a bug, or an attack upon one."""


def has_body(status: int, method: str) -> bool:
    """Whether such a response has content at all (RFC 9110 §6.4.1)."""
    return method != "HEAD" and status not in _WITHOUT_BODY


def has_length(status: int) -> bool:
    """Whether such a response has a Content-Length (RFC 9110 §8.6)."""
    return status not in _WITHOUT_BODY


def status_line(status: int) -> bytes:
    """Return the status line; a status without a name has no reason phrase."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def field_lines(headers: Headers) -> bytes:
    """Return the lines of fields that are not the server's; raises InvalidHeader."""
    lines = [b"%b: %b\r\n" % line for line in headers if line[0] not in _OF_THE_SERVER]
    text = b"".join(lines)
    ends = len(lines)
    if text.count(b"\n") != ends or text.count(b"\r") != ends or b"\0" in text:
        raise InvalidHeader
    return text


def length_line(length: int) -> bytes:
    return b"content-length: %d\r\n" % length


def chunk(data: bytes) -> bytes:
    """Return one chunk; `data` is not empty, which would be the end."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_chunk(trailers: Headers) -> bytes:
    """Return the end of a chunked body."""
    return b"0\r\n" + field_lines(trailers) + b"\r\n"
