"""The parsers of what arrives on the connections of clients, services and peers."""

import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from gzip import compress as gzipped
from importlib import import_module
from random import Random
from typing import Final

import orjson

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from tests.support.fake_clock import FakeClock
from tests.support.growth import SMALL, Growing, Sizes
from tests.support.parsers.refusable import refusable
from weir.gateway.content_decoding import decode_content
from weir.gateway.discovery.dns_message import decode_response, encode_name
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import WeirError
from weir.gateway.headers import Headers
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.messages.message_parser import MessageParser
from weir.gateway.server.messages.request_head import Source
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.http1.response_parser import ReplyLimits, ReplyParser
from weir.gateway.upstreams.middleware.cache.redis.record import decode as stored_record

ANY_SIZE: Final = 10**9


@dataclass
class Sink:
    """A receiver of heads and bodies that drops them."""

    def head_received(
        self, head: RequestHead, length: int | None, *, keep_alive: bool, upgrade: bool
    ) -> "Sink":
        del head, length, keep_alive, upgrade
        return self

    def feed(self, data: bytes) -> None: ...

    def finish(self, trailers: Headers) -> None: ...


def segments(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def requests(segment: int = ANY_SIZE, limit: int = ANY_SIZE) -> Callable[[bytes], None]:
    """Return a reader of a connection, whose bytes arrive in segments of a size."""
    limits = ConnectionLimits(head_bytes=limit, target_bytes=limit)

    def read(data: bytes) -> None:
        parser = MessageParser(limits, FakeClock(), Source("http", ""), Sink())
        with suppress(WeirError):
            for each in segments(data, segment):
                start = 0
                while start < len(each):
                    start = parser.feed(each, start)
        parser.close()

    return read


def responses(segment: int = ANY_SIZE) -> Callable[[bytes], None]:
    """Return a reader of the response of a service."""

    def read(data: bytes) -> None:
        parser = ReplyParser(ReplyLimits(ANY_SIZE, ANY_SIZE))
        with suppress(UpstreamError):
            for each in segments(data, segment):
                parser.feed(each)

    return read


def text(size: int) -> bytes:
    """Return text that compresses as real text does, below the limit of the ratio."""
    return Random(1).randbytes(size).hex().encode()  # noqa: S311 - a reproducible text


POST: Final = b"POST /a HTTP/1.1\r\nhost: a\r\n"
CHUNKED: Final = POST + b"transfer-encoding: chunked\r\n\r\n"
OK: Final = b"HTTP/1.1 200 OK\r\n"

REQUESTS: Final[dict[str, Growing]] = {
    "head: many fields": Growing(requests(), lambda n: POST + b"a: b\r\n" * n),
    "head: many different fields": Growing(
        requests(),
        lambda n: POST + b"".join(b"a%d: b\r\n" % each for each in range(n)) + b"\r\n",
    ),
    "head: one field": Growing(requests(), lambda n: POST + b"a: " + b" b" * n),
    "head: a target": Growing(
        requests(), lambda n: b"GET /" + b"a/" * n + b"?" + b"a=b&" * n + b" HTTP/1.1"
    ),
    "head: empty lines before it": Growing(requests(), lambda n: b"\r\n" * n),
    "head: segments of one byte": Growing(
        requests(1), lambda n: POST + b"a: b\r\n" * n + b"\r\n", Sizes(16)
    ),
    "head: an unknown method": Growing(requests(1), lambda n: b"A" * n, Sizes(64)),
    "a body of declared length": Growing(
        requests(1), lambda n: POST + b"content-length: %d\r\n\r\n" % n + b"x" * n
    ),
    "chunks of one byte": Growing(
        requests(), lambda n: CHUNKED + b"1\r\nx\r\n" * n + b"0\r\n\r\n"
    ),
    "chunks in segments of one byte": Growing(
        requests(1), lambda n: CHUNKED + b"1\r\nx\r\n" * n + b"0\r\n\r\n", Sizes(64)
    ),
    "large chunks, default limits": Growing(
        requests(100, ConnectionLimits().head_bytes),
        lambda n: CHUNKED + b"200\r\n" + b"x" * 512 * n,
    ),
    "chunk extensions": Growing(
        requests(), lambda n: CHUNKED + b"1" + b";a=b" * n + b"\r\nx\r\n0\r\n\r\n"
    ),
    "a chunk size without an end": Growing(
        requests(7), lambda n: CHUNKED + b"0" * n, Sizes(256)
    ),
    "trailers": Growing(
        requests(), lambda n: CHUNKED + b"0\r\n" + b"a: b\r\n" * n + b"\r\n"
    ),
    "trailers in segments of one byte": Growing(
        requests(1), lambda n: CHUNKED + b"0\r\n" + b"a: b\r\n" * n, Sizes(64)
    ),
    "requests sent ahead": Growing(
        requests(), lambda n: (POST + b"content-length: 1\r\n\r\nx") * n, Sizes(16)
    ),
}
RESPONSES: Final[dict[str, Growing]] = {
    "head: many fields": Growing(responses(), lambda n: OK + b"a: b\r\n" * n),
    "head: 103 again and again": Growing(
        responses(), lambda n: b"HTTP/1.1 103 Early Hints\r\n\r\n" * n, Sizes(64)
    ),
    "chunks of one byte": Growing(
        responses(),
        lambda n: OK + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * n,
    ),
    "a body in segments of one byte": Growing(
        responses(1), lambda n: OK + b"content-length: %d\r\n\r\n" % n + b"x" * n
    ),
    "responses that were not requested": Growing(
        responses(), lambda n: (OK + b"content-length: 1\r\n\r\nx") * n, Sizes(64)
    ),
    "gzip": Growing(
        lambda body: decode_content(b"gzip", body, ANY_SIZE),
        lambda n: gzipped(text(n)),
    ),
    "gzip: members": Growing(
        refusable(lambda body: decode_content(b"gzip", body, ANY_SIZE)),
        lambda n: gzipped(b"") * n,
        SMALL,
    ),
    "gzip: bytes behind it": Growing(
        refusable(lambda body: decode_content(b"gzip", body, ANY_SIZE)),
        lambda n: gzipped(b"a") + b"\0" * 64 * n,
    ),
    "br": Growing(
        lambda body: decode_content(b"br", body, ANY_SIZE),
        lambda n: import_module("brotli").compress(text(n)),
    ),
    "zstd": Growing(
        lambda body: decode_content(b"zstd", body, ANY_SIZE),
        lambda n: zstd.compress(text(n)),
    ),
    "zstd: frames": Growing(
        refusable(lambda body: decode_content(b"zstd", body, ANY_SIZE)),
        lambda n: zstd.compress(b"") * n,
        SMALL,
    ),
    "deflate": Growing(
        lambda body: decode_content(b"deflate", body, ANY_SIZE),
        lambda n: zlib.compress(text(n)),
    ),
}


def dns_response(size: int) -> bytes:
    head = b"\0\x01\x80\0\0\x01" + size.to_bytes(2, "big") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\x01\0\x01\0\0\0\x0a\0\x04\x7f\0\0\x01"
    return head + encode_name("a.example") + b"\0\x01\0\x01" + record * size


def record(size: int) -> bytes:
    body = zlib.compress(b"\0" * size * 64)
    described = orjson.dumps(
        [200, [["a", "b"]] * size, size * 64, 0, 0, 1, True, False, 0, 0, 0, [], []]
    )
    return b"\x03\x01" + len(described).to_bytes(4, "little") + described + body


PEERS: Final[dict[str, Growing]] = {
    "DNS: records": Growing(
        lambda data: decode_response(data, 1, "a.example", "A"),
        dns_response,
        Sizes(64),
    ),
    "Redis: a stored response": Growing(
        lambda data: stored_record(data, FakeClock()), record
    ),
}
