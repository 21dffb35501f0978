"""Content coding of responses, by the client's Accept-Encoding (RFC 9110 §12.5.3).

Only large text without a content coding is compressed. A large body, which costs more
CPU time than several requests, is compressed in a thread: all libraries release the
interpreter's lock.
"""

import asyncio
import re
import sys
import zlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Final, Protocol, cast

from msgspec.structs import replace

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from weir.gateway.cache_control import read_cache_control
from weir.gateway.edge.response import ByteStream, Response
from weir.gateway.edge.responses.derived_stream import DerivedStream
from weir.gateway.headers import Headers, header

# Measured on JSON: higher levels take twice the time and save a few per cent.
_BROTLI_QUALITY = 3
_GZIP_LEVEL = 3
_GZIP_FORMAT = 31
_ZSTD_LEVEL = 3
# About 0.5 ms of CPU time.
_IN_THREAD_BYTES = 64 * 1024
_KNOWN_ACCEPTS = 256
_TEXT = re.compile(
    rb"(?:text/|application/(?:json|javascript|xml|graphql|wasm)\b|image/svg\+xml"
    rb"|[a-z]+/[a-z0-9.-]+\+(?:json|xml)\b)",
    re.IGNORECASE,
)
# Partial and empty representations are not compressed.
_NEVER = frozenset({204, 206, 304})
_WEIGHT = re.compile(r"q\s*+=\s*+([01](?:\.\d{0,3})?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CompressionPolicy:
    """The size from which bodies are compressed; so are streams of unknown length."""

    min_bytes: int = 1024


class StreamEncoder(Protocol):
    """The encoder of one stream."""

    def encode(self, data: bytes) -> bytes:
        """Encode a piece; the client can decode all data up to its end."""
        ...

    def finish(self) -> bytes:
        """Return the end of the stream."""
        ...


@dataclass(frozen=True, slots=True)
class Coding:
    """A content coding, for whole bodies and for streams."""

    name: bytes
    encode: Callable[[bytes], bytes]
    stream: Callable[[], StreamEncoder]


class _BrotliCompressor(Protocol):
    def process(self, string: bytes) -> bytes: ...

    def flush(self) -> bytes: ...

    def finish(self) -> bytes: ...


class _BrotliModule(Protocol):
    """The used part of the module `brotli`, which ships without types."""

    def compress(self, string: bytes, *, quality: int) -> bytes: ...

    def Compressor(self, *, quality: int) -> _BrotliCompressor: ...  # noqa: N802 - the name in the module


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


# The order of preference if the client has none. zstd is last, although it compresses
# JSON as well as brotli in half the time: some clients accept it and cannot decode it,
# such as fetch of Node.js 20.
CODINGS: Final = (
    Coding(b"br", _brotli, _BrotliStream),
    Coding(b"gzip", _gzip, _GzipStream),
    Coding(b"zstd", _zstd, _ZstdStream),
)


def is_codable(response: Response, policy: CompressionPolicy) -> bool:
    """Return whether the response may be compressed."""
    headers = response.headers
    return (
        _length(response, policy.min_bytes) >= policy.min_bytes
        and response.status not in _NEVER
        and header(headers, b"content-encoding") is None
        and _TEXT.match(header(headers, b"content-type") or b"") is not None
        # RFC 9111 §5.2.2.6.
        and not read_cache_control(headers).no_transform
    )


def _length(response: Response, unknown: int) -> int:
    """Return the length of the body, or `unknown` for a stream that declares none."""
    if isinstance(response.body, bytes):
        return len(response.body)
    declared = header(response.headers, b"content-length")
    return unknown if declared is None else int(declared)


async def coded(response: Response, coding: Coding) -> Response:
    """Compress a response that `is_codable`; encode a large body in a thread."""
    body = response.body
    return replace(
        response,
        headers=(
            *_of_coded(response.headers),
            (b"content-encoding", coding.name),
        ),
        body=(
            await _encoded(coding.encode, body)
            if isinstance(body, bytes)
            else DerivedStream(body, _parts(body, coding.stream()))
        ),
    )


async def _parts(stream: ByteStream, encoder: StreamEncoder) -> AsyncGenerator[bytes]:
    """Yield the compressed parts; the client can decode each when it arrives."""
    async for data in stream:
        yield await _encoded(encoder.encode, data)
    yield encoder.finish()


async def _encoded(encode: Callable[[bytes], bytes], data: bytes) -> bytes:
    if len(data) > _IN_THREAD_BYTES:
        return await asyncio.to_thread(encode, data)
    return encode(data)


def varying(headers: Headers) -> Headers:
    """Add Accept-Encoding to the Vary field."""
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
    """Return the coding of highest weight, or None if identity is preferred to all."""
    weights = _weights(accept_encoding.decode("latin-1"))
    rest = weights.get("*", 0.0)
    weighed = [
        (weights.get(coding.name.decode(), rest), -order, coding)
        for order, coding in enumerate(CODINGS)
    ]
    weight, _, coding = max(weighed, key=lambda each: each[:2])
    # "identity" without a weight is acceptable, but a coding saves bytes.
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
    """Parse "q=0.5"; return 1.0 for an empty parameter, None for any other."""
    if not parameter:
        return 1.0
    match = _WEIGHT.fullmatch(parameter)
    return min(float(match[1]), 1.0) if match else None


def _of_coded(headers: Headers) -> Headers:
    """Return the fields of another representation than the endpoint's."""
    # RFC 9110 §8.8.3.3: it needs another strong tag.
    return tuple(
        (name, b"W/" + value if name == b"etag" and value[:1] == b'"' else value)
        for name, value in headers
        if name != b"content-length"
    )
