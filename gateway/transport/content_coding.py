"""Bounded decoding of gzip and br bodies (RFC 9110 §8.4).

A few kilobytes can decode to gigabytes. Decoding stops at the size limit of the policy,
and when the result is more than `MAX_RATIO` times as long as the body that was sent.
Small results are exempt from the ratio, as a short run of zeros compresses well without
being an attack. A large body is decoded in a thread, because both libraries release the
interpreter's lock.
"""

import asyncio
import zlib
from importlib import import_module
from typing import Final, Protocol, cast

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamProtocolError, UpstreamReplyTooLarge

MAX_RATIO: Final = 100
RATIO_EXEMPT_BYTES: Final = 1024 * 1024
MAX_CODINGS: Final = 2
"""Each coding can multiply the size of the one before it."""
MAX_GZIP_MEMBERS: Final = 1000
"""An empty member has 20 bytes and takes microseconds."""
_FIRST_WINDOW_BYTES: Final = 1024
_IN_THREAD_BYTES: Final = 32 * 1024
"""Shorter bodies decode to 3 MiB at most, within about 10 ms."""


class _BrotliDecompressor(Protocol):
    def process(self, data: bytes, *, output_buffer_limit: int) -> bytes: ...
    def can_accept_more_data(self) -> bool: ...
    def is_finished(self) -> bool: ...


class _Brotli(Protocol):
    """The used part of the module `brotli`, which ships without types."""

    error: type[Exception]

    def Decompressor(self) -> _BrotliDecompressor: ...  # noqa: N802 - the name in the module


_brotli = cast("_Brotli", import_module("brotli"))


async def decode_body(
    headers: Headers, body: bytes, max_bytes: int
) -> tuple[Headers, bytes]:
    """Return fields and body without content and transfer codings.

    Raise the errors of `decode_content`.
    """
    codings: list[bytes] = []
    remaining: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        if name == b"content-encoding":
            codings.append(value)
        elif name != b"transfer-encoding":
            remaining.append((name, value))
        elif value.lower() != b"chunked":
            message = f"transfer coding {value!r} is not supported"
            raise UpstreamProtocolError(message)
    if not codings or not body:
        return headers, body
    remaining = [line for line in remaining if line[0] != b"content-length"]
    coding = b",".join(codings)
    if len(body) > _IN_THREAD_BYTES:
        decoded = await asyncio.to_thread(decode_content, coding, body, max_bytes)
    else:
        decoded = decode_content(coding, body, max_bytes)
    return tuple(remaining), decoded


def decode_content(coding: bytes, body: bytes, max_bytes: int) -> bytes:
    """Undo the codings of a Content-Encoding field, the last applied first.

    Raise `UpstreamReplyTooLarge`, or `UpstreamProtocolError` if a coding is unknown, if
    there are more than `MAX_CODINGS`, or if the body is damaged.
    """
    codings = [token.strip() for token in coding.lower().split(b",")]
    if len(codings) > MAX_CODINGS:
        message = f"{len(codings)} content codings, the limit is {MAX_CODINGS}"
        raise UpstreamProtocolError(message)
    for each in reversed(codings):
        body = _decode_one(each, body, max_bytes)
    return body


def _decode_one(coding: bytes, body: bytes, max_bytes: int) -> bytes:
    limit = min(max_bytes, max(RATIO_EXEMPT_BYTES, MAX_RATIO * len(body)))
    match coding:
        case b"" | b"identity":
            return body
        case b"gzip" | b"x-gzip":
            return _gunzip(body, limit)
        case b"br":
            return _unbrotli(body, limit)
        case _:
            message = f"content coding {coding!r} is not supported"
            raise UpstreamProtocolError(message)


def _gunzip(body: bytes, limit: int) -> bytes:
    """Decode all members, as RFC 1952 §2.2 allows several."""
    parts: list[bytes] = []
    room, start = limit, 0
    while start < len(body):
        if len(parts) == MAX_GZIP_MEMBERS:
            message = f"the gzip body has more than {MAX_GZIP_MEMBERS} members"
            raise UpstreamProtocolError(message)
        content, start = _gunzip_member(body, start, room)
        parts.append(content)
        room -= len(content)
        _check_room(room, limit)
    return b"".join(parts)


def _gunzip_member(body: bytes, start: int, room: int) -> tuple[bytes, int]:
    """Return the content of the member at `start`, and the position of its end.

    Content of more than `room` bytes is truncated. zlib copies the input after a
    member. So the input is passed in windows of doubling size, and the copied input is
    in proportion to the member.
    """
    member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    input_ = memoryview(body)
    parts: list[bytes] = []
    window = _FIRST_WINDOW_BYTES
    while not member.eof and room >= 0 and start < len(body):
        end = start + window
        try:
            part = member.decompress(input_[start:end], room + 1)
        except zlib.error as error:
            message = f"damaged gzip body: {error}"
            raise UpstreamProtocolError(message) from error
        parts.append(part)
        room -= len(part)
        start, window = min(end, len(body)), window * 2
    if not member.eof and room >= 0:
        message = "the gzip body is truncated"
        raise UpstreamProtocolError(message)
    return b"".join(parts), start - len(member.unused_data)


def _unbrotli(body: bytes, limit: int) -> bytes:
    stream = _brotli.Decompressor()
    parts: list[bytes] = []
    room = limit
    while not stream.is_finished():
        try:
            parts.append(stream.process(body, output_buffer_limit=room + 1))
        except _brotli.error as error:
            message = f"damaged br body: {error}"
            raise UpstreamProtocolError(message) from error
        room -= len(parts[-1])
        _check_room(room, limit)
        if not parts[-1] and stream.can_accept_more_data():
            break
        body = b""
    if not stream.is_finished():
        message = "the br body is truncated"
        raise UpstreamProtocolError(message)
    return b"".join(parts)


def _check_room(room: int, limit: int) -> None:
    if room < 0:
        message = f"the body decodes to more than {limit} bytes"
        raise UpstreamReplyTooLarge(message)
