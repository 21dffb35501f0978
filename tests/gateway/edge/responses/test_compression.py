import sys
import zlib
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from tests.support.memory_exchange import request_head, whole_body
from weir.bffs.in_memory.transport import MemoryStream
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses import compression
from weir.gateway.edge.responses.compression import CompressionPolicy, preferred_coding
from weir.gateway.edge.responses.finalize import finalize
from weir.gateway.headers import Headers, header
from weir.gateway.transport.message import UpstreamResponse

brotli: Any = import_module("brotli")  # ships without types
JSON = (b"content-type", b"application/json")
BODY = b'{"title":"The Third Man"}' * 100
POLICY = CompressionPolicy(min_bytes=1000)

ACCEPTS = [
    (b"", None),
    (b"identity", None),
    (b"deflate, compress", None),
    (b"deflate, zstd", b"zstd"),
    (b"gzip", b"gzip"),
    (b"GZIP", b"gzip"),
    (b"br", b"br"),
    (b"gzip, deflate, br, zstd", b"br"),
    (b"gzip, zstd", b"gzip"),
    (b"zstd, gzip;q=0.9", b"zstd"),
    (b"gzip, deflate, br", b"br"),
    (b"zstd;q=0.5, br", b"br"),
    (b"gzip;q=1.0, br;q=0.8", b"gzip"),
    (b"gzip ; q = 0.5 , br ; q = 0.9", b"br"),
    (b"br;q=0, gzip;q=0.001", b"gzip"),
    (b"br;q=0, gzip;q=0", None),
    (b"*", b"br"),
    (b"*;q=0", None),
    (b"*;q=0, gzip", b"gzip"),
    (b"gzip;q=0, br;q=0, *", b"zstd"),
    (b"gzip;q=0.5, identity", None),
    (b"gzip;q=0.5, identity;q=0.4", b"gzip"),
    (b"gzip;q=nonsense", None),
    (b"gzip;q=2", None),
    (b", ,gzip,", b"gzip"),
]


@pytest.mark.parametrize(("accept", "coding"), ACCEPTS)
def test_the_client_chooses(accept: bytes, coding: bytes | None) -> None:
    preferred = preferred_coding(accept)

    assert (preferred and preferred.name) == coding


@given(st.binary(max_size=100))
def test_no_accept_encoding_fails(accept: bytes) -> None:
    preferred_coding(accept)


def answer(*headers: tuple[bytes, bytes], body: bytes = BODY) -> Response:
    return Response(status=200, headers=headers, body=body, operation="Op")


async def coded(response: Response, accept: bytes = b"br") -> Response:
    head = request_head(headers=[(b"accept-encoding", accept)])
    final, coding = finalize(response, head, POLICY)
    return final if coding is None else await compression.coded(final, coding)


async def test_each_coding_gives_the_body_back() -> None:
    by_zstd = await coded(answer(JSON), b"zstd")
    by_brotli = await coded(answer(JSON), b"br")
    by_gzip = await coded(answer(JSON), b"gzip")

    assert zstd.decompress(whole_body(by_zstd)) == BODY
    assert header(by_zstd.headers, b"content-encoding") == b"zstd"
    assert brotli.decompress(whole_body(by_brotli)) == BODY
    assert zlib.decompress(whole_body(by_gzip), wbits=31) == BODY
    assert header(by_brotli.headers, b"content-encoding") == b"br"
    assert header(by_gzip.headers, b"content-encoding") == b"gzip"
    assert by_gzip.operation == "Op"


async def test_a_stream_that_is_compressed_has_no_length() -> None:
    """A proxy passes the length on that the service declares."""
    stream = MemoryStream(UpstreamResponse(status=200, headers=(), body=BODY))
    fields = (JSON, (b"content-length", b"%d" % len(BODY)))
    response = Response(status=200, headers=fields, body=stream)

    by_gzip = await coded(response, b"gzip")

    assert header(by_gzip.headers, b"content-length") is None
    assert not isinstance(by_gzip.body, bytes)
    whole = b"".join([part async for part in by_gzip.body])
    assert zlib.decompress(whole, wbits=31) == BODY


async def test_a_large_body_is_coded_like_a_small_one() -> None:
    large = await coded(answer(JSON, body=BODY * 100))

    assert brotli.decompress(whole_body(large)) == BODY * 100


@pytest.mark.parametrize(
    "media_type",
    [
        b"application/json; charset=utf-8",
        b"application/graphql-response+json",
        b"application/problem+json",
        b"text/html",
        b"image/svg+xml",
        b"Application/JSON",
    ],
)
async def test_text_is_compressed(media_type: bytes) -> None:
    response = await coded(answer((b"content-type", media_type)))

    assert header(response.headers, b"content-encoding") == b"br"


@pytest.mark.parametrize(
    "response",
    [
        answer(JSON, body=b"x" * 999),
        answer((b"content-type", b"image/png")),
        answer((b"content-type", b"application/octet-stream")),
        answer(),
        answer(JSON, (b"content-encoding", b"gzip")),
        answer(JSON, (b"cache-control", b"public, No-Transform")),
        Response(status=206, headers=(JSON,), body=BODY),
    ],
)
async def test_what_would_not_gain_or_may_not_change_is_left_alone(
    response: Response,
) -> None:
    assert await coded(response) is response


@pytest.mark.parametrize("accept", [b"br", b"identity"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), (b"Accept-Encoding",)),
        ((b"Accept",), (b"Accept, Accept-Encoding",)),
        ((b"accept-encoding",), (b"accept-encoding",)),
        ((b"*",), (b"*",)),
    ],
)
async def test_caches_are_told_what_the_answer_depends_on(
    before: tuple[bytes, ...], after: tuple[bytes, ...], accept: bytes
) -> None:
    headers: Headers = (JSON, *((b"vary", value) for value in before))

    response = await coded(answer(*headers), accept)

    assert tuple(v for n, v in response.headers if n == b"vary") == after


@pytest.mark.parametrize(
    ("accept", "tag", "sent"),
    [
        (b"br", b'"abc"', b'W/"abc"'),
        (b"br", b'W/"abc"', b'W/"abc"'),
        (b"identity", b'"abc"', b'"abc"'),
    ],
)
async def test_a_strong_tag_is_weak_on_another_representation(
    accept: bytes, tag: bytes, sent: bytes
) -> None:
    response = await coded(answer(JSON, (b"etag", tag)), accept)

    assert header(response.headers, b"etag") == sent
