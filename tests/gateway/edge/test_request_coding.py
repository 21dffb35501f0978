"""Content-Encoding of requests: decoded within limits, or rejected."""

import gzip
import sys
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from tests.support.calls import RecordingSink
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import HandlerFront, OneFront, text
from tests.support.memory_exchange import MemoryBody, MemoryExchange, request_head
from weir.gateway.context import RequestContext
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import Buffered, RoutePolicy, Streamed

brotli: Any = import_module("brotli")  # ships without types
LIMIT = 10_000
CONTENT = b"{ the same content } " * 30
BODIES: dict[bytes, bytes] = {
    b"gzip": gzip.compress(CONTENT),
    b"X-GZIP": gzip.compress(CONTENT),
    b"br": brotli.compress(CONTENT),
    b"zstd": zstd.compress(CONTENT),
    b"deflate": zlib.compress(CONTENT),
    b"identity": CONTENT,
    b"deflate, gzip": gzip.compress(zlib.compress(CONTENT)),
}
SUPPORTED = b"gzip, br, zstd, deflate"


async def echo(request: Request, context: RequestContext) -> Response:
    del context
    return text(request.body)


async def post(
    coding: bytes, body: bytes, policy: Buffered | Streamed | None = None
) -> MemoryExchange:
    policy = policy or Buffered(LIMIT)
    front = OneFront(HandlerFront(echo), policy=RoutePolicy(body=policy))
    pipeline = Pipeline(
        EdgeOptions(compression=None), sink=RecordingSink(), clock=FakeClock()
    )
    pipeline.serve(front)
    head = request_head(method="POST", headers=[(b"content-encoding", coding)])
    exchange = MemoryExchange(head, MemoryBody([body]))
    return await exchange.run(pipeline)


@pytest.mark.parametrize("coding", BODIES)
async def test_an_endpoint_gets_the_decoded_body(coding: bytes) -> None:
    exchange = await post(coding, BODIES[coding])

    assert (exchange.status, exchange.content) == (200, CONTENT)
    assert exchange.body.held == len(CONTENT)


@pytest.mark.parametrize(
    "coding", [b"compress", b"gzip, rot13", b"gzip, gzip, gzip", b"*", b"gzip;q=1"]
)
async def test_other_codings_get_415_with_those_that_are_supported(
    coding: bytes,
) -> None:
    exchange = await post(coding, CONTENT)

    assert exchange.status == 415
    assert b"CONTENT_CODING_NOT_SUPPORTED" in exchange.content
    assert b"b'" not in exchange.content
    assert exchange.header(b"accept-encoding") == SUPPORTED


@pytest.mark.parametrize(
    "body", [CONTENT, BODIES[b"gzip"][:-9]], ids=["plain", "truncated"]
)
async def test_a_body_that_is_not_in_its_coding_gets_400(body: bytes) -> None:
    exchange = await post(b"gzip", body)

    assert exchange.status == 400
    assert b"gzip body" in exchange.content


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        (b"gzip", gzip.compress),
        (b"br", brotli.compress),
        (b"zstd", zstd.compress),
        (b"deflate", zlib.compress),
    ],
)
async def test_a_body_that_decodes_beyond_the_limit_gets_413(
    coding: bytes, encode: Callable[[bytes], bytes]
) -> None:
    assert (await post(coding, encode(bytes(LIMIT)))).status == 200
    exchange = await post(coding, encode(bytes(LIMIT + 1)))

    assert exchange.status == 413
    assert b"PAYLOAD_TOO_LARGE" in exchange.content


async def test_an_empty_body_has_no_coding() -> None:
    assert (await post(b"br", b"")).status == 200


async def test_a_streamed_body_is_not_decoded() -> None:
    assert (await post(b"rot13", CONTENT, Streamed())).status == 200
