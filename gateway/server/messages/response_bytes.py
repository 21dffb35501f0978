"""The bytes of responses (RFC 9112 §4 to §7)."""

import http
from typing import Final

from weir.gateway.headers import Headers

# Only the server sets the fields of connection, framing and time.
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
UPGRADE: Final = b"connection: upgrade\r\n"
WITHOUT_BODY: Final = frozenset({204, 304})
"""Statuses of responses without content and its length (RFC 9110 §6.4.1, §8.6)."""


class InvalidHeader(Exception):
    """A header field of a response would end its line; a bug, or an attack upon one."""


def head_bytes(
    status: int, date_line: bytes, headers: Headers, framing: bytes, persistence: bytes
) -> bytes:
    """Return a whole head; raise InvalidHeader.

    `framing` and `persistence` are lines, or empty. A status without a name has no
    reason phrase.
    """
    return b"%b%b%b%b%b\r\n" % (
        _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status,
        date_line,
        _field_lines(headers),
        framing,
        persistence,
    )


def _field_lines(headers: Headers) -> bytes:
    """Return the lines of fields that are not the server's."""
    if not _OF_THE_SERVER.isdisjoint(dict(headers)):
        headers = tuple([line for line in headers if line[0] not in _OF_THE_SERVER])
    text = b"\r\n".join((*map(b": ".join, headers), b""))
    ends = len(headers)
    if text.count(b"\n") != ends or text.count(b"\r") != ends or b"\0" in text:
        raise InvalidHeader
    return text


def length_line(length: int) -> bytes:
    """Return the Content-Length field of a body of `length` bytes."""
    return b"content-length: %d\r\n" % length


def chunk(data: bytes) -> bytes:
    """Return one chunk; `data` is not empty, which would be the end."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_chunk(trailers: Headers) -> bytes:
    """Return the end of a chunked body."""
    return b"0\r\n" + _field_lines(trailers) + b"\r\n"
