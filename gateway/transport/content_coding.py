"""Decodes gzip and br bodies (RFC 9110 section 8.4) without being blown up by them.

A few kilobytes can decode to gigabytes. Decoding stops at the size limit of the
policy, and where the decoded part is more than `MAX_RATIO` times what was sent; small
results are exempt, for a short run of zeros compresses well without being an attack.
"""

import zlib
from importlib import import_module
from typing import Final, Protocol, cast

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamProtocolError, UpstreamReplyTooLarge

MAX_RATIO: Final = 100
RATIO_EXEMPT_BYTES: Final = 1024 * 1024


class _BrotliDecompressor(Protocol):
    def process(self, data: bytes, *, output_buffer_limit: int) -> bytes: ...
    def can_accept_more_data(self) -> bool: ...
    def is_finished(self) -> bool: ...


class _Brotli(Protocol):
    """What is used of the module `brotli`, which ships without types."""

    error: type[Exception]

    def Decompressor(self) -> _BrotliDecompressor: ...  # noqa: N802 - its name there


_brotli = cast("_Brotli", import_module("brotli"))


def decode_body(headers: Headers, body: bytes, max_bytes: int) -> tuple[Headers, bytes]:
    """Return fields and body without their codings, content and transfer."""
    codings: list[bytes] = []
    kept: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        if name == b"content-encoding":
            codings.append(value)
        elif name != b"transfer-encoding":
            kept.append((name, value))
        elif value.lower() != b"chunked":
            msg = f"transfer coding {value!r} was not asked for"
            raise UpstreamProtocolError(msg)
    if not codings or not body:
        return headers, body
    kept = [line for line in kept if line[0] != b"content-length"]
    return tuple(kept), decode_content(b",".join(codings), body, max_bytes)


def decode_content(coding: bytes, body: bytes, max_bytes: int) -> bytes:
    """Undo the codings of a Content-Encoding field, the last applied first.

    Raises `UpstreamReplyTooLarge`, or `UpstreamProtocolError` where a coding is
    unknown or the body is damaged.
    """
    for token in reversed(coding.lower().split(b",")):
        body = _decode_one(token.strip(), body, max_bytes)
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
            msg = f"content coding {coding!r} was not asked for"
            raise UpstreamProtocolError(msg)


def _gunzip(body: bytes, limit: int) -> bytes:
    """Decode all members: RFC 1952 section 2.2 lets a file hold several."""
    parts: list[bytes] = []
    room = limit
    while body:
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            parts.append(member.decompress(body, room + 1))
        except zlib.error as error:
            msg = f"damaged gzip body: {error}"
            raise UpstreamProtocolError(msg) from error
        room -= len(parts[-1])
        _check_room(room, limit)
        if not member.eof:
            msg = "the gzip body ends early"
            raise UpstreamProtocolError(msg)
        body = member.unused_data
    return b"".join(parts)


def _unbrotli(body: bytes, limit: int) -> bytes:
    stream = _brotli.Decompressor()
    parts: list[bytes] = []
    room = limit
    while not stream.is_finished():
        try:
            parts.append(stream.process(body, output_buffer_limit=room + 1))
        except _brotli.error as error:
            msg = f"damaged br body: {error}"
            raise UpstreamProtocolError(msg) from error
        room -= len(parts[-1])
        _check_room(room, limit)
        if not parts[-1] and stream.can_accept_more_data():
            break
        body = b""
    if not stream.is_finished():
        msg = "the br body ends early"
        raise UpstreamProtocolError(msg)
    return b"".join(parts)


def _check_room(room: int, limit: int) -> None:
    if room < 0:
        msg = f"the body decodes to more than {limit} bytes"
        raise UpstreamReplyTooLarge(msg)
