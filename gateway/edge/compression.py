"""Content coding of answers, by what the client accepts (RFC 9110 §12.5.3).

Compressed is what is text, large enough to gain from it, and not coded yet. A body that
takes the processor longer than a handful of requests is compressed in a thread: all
libraries release the interpreter's lock.
"""

import asyncio
import re
import sys
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from typing import Final, Protocol, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from weir.gateway.cache_control import read_cache_control
from weir.gateway.edge.response import ByteStream, Response
from weir.gateway.headers import Headers, header

# Measured on JSON: beyond these the time doubles for a few per cent less.
_BROTLI_QUALITY = 3
_GZIP_LEVEL = 3
_GZIP_FORMAT = 31
_ZSTD_LEVEL = 3
# About 0.5 ms of work.
_IN_THREAD_BYTES = 64 * 1024
_KNOWN_ACCEPTS = 256
_TEXT = re.compile(
    rb"(?:text/|application/(?:json|javascript|xml|graphql|wasm)\b|image/svg\+xml"
    rb"|[a-z]+/[a-z0-9.-]+\+(?:json|xml)\b)",
    re.IGNORECASE,
)
# A partial or empty representation is not ours to code.
_NEVER = frozenset({204, 206, 304})
_WEIGHT = re.compile(r"q\s*+=\s*+([01](?:\.\d{0,3})?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CompressionPolicy:
    """Bodies shorter than `min_bytes` are sent as they are; streams have no length."""

    min_bytes: int = 1024


class StreamEncoder(Protocol):
    """Encodes one stream, piece by piece."""

    def encode(self, data: bytes) -> bytes:
        """Return what a client needs to decode all data so far."""
        ...

    def finish(self) -> bytes:
        """Return the end of the stream."""
        ...


@dataclass(frozen=True, slots=True)
class Coding:
    """A content coding: of whole bodies, and of streams."""

    name: bytes
    encode: Callable[[bytes], bytes]
    stream: Callable[[], StreamEncoder]


class _BrotliCompressor(Protocol):
    def process(self, string: bytes) -> bytes: ...

    def flush(self) -> bytes: ...

    def finish(self) -> bytes: ...


class _BrotliModule(Protocol):
    """What is used of the module `brotli`, which ships without types."""

    def compress(self, string: bytes, *, quality: int) -> bytes: ...

    def Compressor(self, *, quality: int) -> _BrotliCompressor: ...  # noqa: N802 - its name


_brotli_module = cast("_BrotliModule", import_module("brotli"))


def _brotli(body: bytes) -> bytes:
    return _brotli_module.compress(body, quality=_BROTLI_QUALITY)


class _BrotliStream:
    def __init__(self) -> None:
        self._compressor = _brotli_module.Compressor(quality=_BROTLI_QUALITY)

    def encode(self, data: bytes) -> bytes:
        return self._compressor.process(data) + self._compressor.flush()

    def finish(self) -> bytes:
        return self._compressor.finish()


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, _GZIP_LEVEL, wbits=_GZIP_FORMAT)


class _GzipStream:
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_FORMAT)

    def encode(self, data: bytes) -> bytes:
        compressor = self._compressor
        return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._compressor.flush()


def _zstd(body: bytes) -> bytes:
    return zstd.compress(body, _ZSTD_LEVEL)


class _ZstdStream:
    def __init__(self) -> None:
        self._compressor = zstd.ZstdCompressor(_ZSTD_LEVEL)

    def encode(self, data: bytes) -> bytes:
        return self._compressor.compress(data, zstd.ZstdCompressor.FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._compressor.flush()


# In the order in which we prefer them, where the client has no preference: of JSON,
# zstd makes what brotli makes in half the time.
CODINGS: Final = (
    Coding(b"zstd", _zstd, _ZstdStream),
    Coding(b"br", _brotli, _BrotliStream),
    Coding(b"gzip", _gzip, _GzipStream),
)


def is_codable(response: Response, policy: CompressionPolicy) -> bool:
    """Return whether the client decides on the response's coding."""
    headers, body = response.headers, response.body
    return (
        (not isinstance(body, bytes) or len(body) >= policy.min_bytes)
        and response.status not in _NEVER
        and header(headers, b"content-encoding") is None
        and _TEXT.match(header(headers, b"content-type") or b"") is not None
        # RFC 9111 §5.2.2.6.
        and not read_cache_control(headers).no_transform
    )


async def coded(response: Response, coding: Coding) -> Response:
    """Return a codable response in a coding; a large body is encoded in a thread."""
    body = response.body
    return replace(
        response,
        headers=(
            *_weakly_tagged(response.headers),
            (b"content-encoding", coding.name),
        ),
        body=(
            await _encoded(coding.encode, body)
            if isinstance(body, bytes)
            else CodedStream(body, coding.stream())
        ),
    )


class CodedStream:
    """A stream in a coding; each piece can be decoded when it arrives."""

    __slots__ = ("_encoder", "_parts", "_stream")

    def __init__(self, stream: ByteStream, encoder: StreamEncoder) -> None:
        self._stream = stream
        self._encoder = encoder
        self._parts = self._coded()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._parts

    async def aclose(self) -> None:
        try:
            await self._parts.aclose()
        finally:
            await self._stream.aclose()

    async def _coded(self) -> AsyncGenerator[bytes]:
        async for data in self._stream:
            yield await _encoded(self._encoder.encode, data)
        yield self._encoder.finish()


async def _encoded(encode: Callable[[bytes], bytes], data: bytes) -> bytes:
    if len(data) > _IN_THREAD_BYTES:
        return await asyncio.to_thread(encode, data)
    return encode(data)


def varying(headers: Headers) -> Headers:
    """Say that the answer depends on the codings that the client accepts."""
    vary = header(headers, b"vary")
    if vary is None:
        return (*headers, (b"vary", b"Accept-Encoding"))
    members = {member.strip() for member in vary.lower().split(b",")}
    if members & {b"*", b"accept-encoding"}:
        return headers
    return tuple(
        (name, value + b", Accept-Encoding" if name == b"vary" else value)
        for name, value in headers
    )


@lru_cache(maxsize=_KNOWN_ACCEPTS)
def preferred_coding(accept_encoding: bytes) -> Coding | None:
    """Return the coding of highest weight; None where none is better than identity."""
    weights = _weights(accept_encoding.decode("latin-1"))
    rest = weights.get("*", 0.0)
    weighed = [
        (weights.get(coding.name.decode(), rest), -order, coding)
        for order, coding in enumerate(CODINGS)
    ]
    weight, _, coding = max(weighed, key=lambda each: each[:2])
    # "identity" without a weight is acceptable, but nobody asks for more bytes.
    return coding if weight > 0 and weight >= weights.get("identity", 0.0) else None


def _weights(accept_encoding: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for member in accept_encoding.lower().split(","):
        coding, _, parameter = member.partition(";")
        weight = _weight(parameter.strip())
        if weight is not None:
            weights[coding.strip()] = weight
    return weights


def _weight(parameter: str) -> float | None:
    """Read "q=0.5"; None if it is anything else, 1.0 if there is none."""
    if not parameter:
        return 1.0
    match = _WEIGHT.fullmatch(parameter)
    return min(float(match[1]), 1.0) if match else None


def _weakly_tagged(headers: Headers) -> Headers:
    # RFC 9110 §8.8.3.3: a strong tag names one representation, and this is another.
    return tuple(
        (name, b"W/" + value if name == b"etag" and value[:1] == b'"' else value)
        for name, value in headers
    )
