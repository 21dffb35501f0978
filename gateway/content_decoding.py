"""Bounded decoding of content codings (RFC 9110 §8.4).

A few kilobytes can decode to gigabytes. Decoding stops at the size limit of the caller,
and when the result is more than `MAX_RATIO` times as long as the encoded body. Small
results are exempt from the ratio, as a short run of zeros compresses well without being
an attack. A large body is decoded in a thread, because all libraries release the
interpreter's lock.
"""

import asyncio
import sys
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Final, Protocol, TypeAlias, cast

from weir.gateway.concurrency.large_work import LARGE_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_RATIO: Final = 100
RATIO_EXEMPT_BYTES: Final = 1024 * 1024
MAX_CODINGS: Final = 2
"""Each coding can multiply the size of the one before it."""
MAX_MEMBERS: Final = 1000
"""An empty gzip member has 20 bytes and takes microseconds."""
DECODED: Final = ("gzip", "br", "zstd", "deflate")
"""The names of the codings, without aliases."""
_FIRST_WINDOW_BYTES: Final = 1024
_ZSTD_WINDOW_LOG: Final = 23
"""RFC 9659 §3: a window of at most 8 MiB, which is the memory of a decoder."""
_ZLIB_METHOD: Final = 8
_ZLIB_CHECK: Final = 31


class CodingError(Exception):
    """A body that cannot be decoded."""


class UnknownCoding(CodingError):
    """A coding that is not supported, or too many codings."""


class DamagedContent(CodingError):
    """A body that is not valid in its coding."""


class DecodedTooLarge(CodingError):
    """A body that decodes to more bytes than the limit or the ratio allows."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: memoryview, max_length: int, /) -> bytes: ...


class _BrotliDecompressor(Protocol):
    def process(self, data: bytes, *, output_buffer_limit: int) -> bytes: ...
    def can_accept_more_data(self) -> bool: ...
    def is_finished(self) -> bool: ...


class _Brotli(Protocol):
    """The used part of the module `brotli`, which ships without types."""

    error: type[Exception]

    def Decompressor(self) -> _BrotliDecompressor: ...  # noqa: N802 - the name in the module


_New: TypeAlias = Callable[[], _Decompressor]
_brotli = cast("_Brotli", import_module("brotli"))


async def decode(coding: bytes, body: bytes, max_bytes: int) -> bytes:
    """Return `decode_content`, computed in a thread if the body is large."""
    # A small one decodes to 3 MiB at most, within about 10 ms.
    if len(body) > LARGE_BYTES:
        return await asyncio.to_thread(decode_content, coding, body, max_bytes)
    return decode_content(coding, body, max_bytes)


def decode_content(coding: bytes, body: bytes, max_bytes: int) -> bytes:
    """Undo the codings of a Content-Encoding field, the last applied first.

    Raise `UnknownCoding`, also for more than `MAX_CODINGS`, `DamagedContent` or
    `DecodedTooLarge`.
    """
    codings = [token.strip() for token in coding.lower().split(b",")]
    if len(codings) > MAX_CODINGS:
        message = f"{len(codings)} content codings, the limit is {MAX_CODINGS}"
        raise UnknownCoding(message)
    for each in reversed(codings):
        body = _decode_one(each, body, max_bytes)
    return body


def _decode_one(coding: bytes, body: bytes, max_bytes: int) -> bytes:
    limit = min(max_bytes, max(RATIO_EXEMPT_BYTES, MAX_RATIO * len(body)))
    match coding:
        case b"" | b"identity":
            return body
        case b"gzip" | b"x-gzip":
            return _decompress("gzip", _gzip, body, limit)
        case b"deflate":
            return _decompress("deflate", _deflate(body), body, limit, max_members=1)
        case b"zstd":
            return _decompress("zstd", _zstd, body, limit)
        case b"br":
            return _unbrotli(body, limit)
        case _:
            name = coding.decode("latin-1")
            message = f"content coding {name!r} is not supported"
            raise UnknownCoding(message)


def _gzip() -> _Decompressor:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


def _zstd() -> _Decompressor:
    options: dict[int, int] = {
        zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG
    }
    return zstd.ZstdDecompressor(options=options)


def _deflate(body: bytes) -> _New:
    """Return the decompressor for a zlib stream, or for one without its head.

    RFC 9110 §8.4.1.2: some implementations send the compressed data without the head.
    """
    head = int.from_bytes(body[:2].ljust(2, b"\0"), "big")
    has_head = (head >> 8) % 16 == _ZLIB_METHOD and head % _ZLIB_CHECK == 0
    wbits = zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS
    return lambda: zlib.decompressobj(wbits=wbits)


def _decompress(
    name: str, new: _New, body: bytes, limit: int, max_members: int = MAX_MEMBERS
) -> bytes:
    """Decode all members of gzip (RFC 1952 §2.2), or frames of zstd (RFC 8878 §3)."""
    parts: list[bytes] = []
    room, start = limit, 0
    while start < len(body):
        if len(parts) == max_members:
            message = f"the {name} body has more than {max_members} members"
            raise DamagedContent(message)
        content, start = _member(name, new(), body, start, room)
        parts.append(content)
        room -= len(content)
        _check_room(room, limit)
    return b"".join(parts)


def _member(
    name: str, member: _Decompressor, body: bytes, start: int, room: int
) -> tuple[bytes, int]:
    """Return the content of the member at `start`, and the position of its end.

    Content of more than `room` bytes is truncated. The decompressor copies the input
    after a member. So the input is passed in windows of doubling size, and the copied
    input is in proportion to the member.
    """
    input_ = memoryview(body)
    parts: list[bytes] = []
    window = _FIRST_WINDOW_BYTES
    while not member.eof and room >= 0 and start < len(body):
        end = start + window
        try:
            part = member.decompress(input_[start:end], room + 1)
        except (zlib.error, zstd.ZstdError) as error:
            message = f"damaged {name} body: {error}"
            raise DamagedContent(message) from error
        parts.append(part)
        room -= len(part)
        start, window = min(end, len(body)), window * 2
    if not member.eof and room >= 0:
        message = f"the {name} body is truncated"
        raise DamagedContent(message)
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
            raise DamagedContent(message) from error
        room -= len(parts[-1])
        _check_room(room, limit)
        if not parts[-1] and stream.can_accept_more_data():
            break
        body = b""
    if not stream.is_finished():
        message = "the br body is truncated"
        raise DamagedContent(message)
    return b"".join(parts)


def _check_room(room: int, limit: int) -> None:
    if room < 0:
        message = f"the body decodes to more than {limit} bytes"
        raise DecodedTooLarge(message)
