"""HTTP/2 with a server that is not made of the library that our client is made of."""

import asyncio
import random
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.support.calls import upstream_request
from weir.gateway.clock import SystemClock
from weir.gateway.headers import header
from weir.gateway.transport.http2.transport import Http2Transport
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TransportPolicy

NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which(
    "node"
)
SCRIPT = Path(__file__).parents[3] / "support" / "http2_node.js"
pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


@pytest.fixture
async def transport() -> AsyncIterator[Http2Transport]:
    assert NODE is not None
    node = await asyncio.create_subprocess_exec(
        NODE, str(SCRIPT), stdout=asyncio.subprocess.PIPE
    )
    assert node.stdout is not None
    port = int(await node.stdout.readline())
    origin = parse_origin(f"http://127.0.0.1:{port}")
    transport = Http2Transport(origin, TransportPolicy(), SystemClock())
    yield transport
    await transport.close()
    node.kill()
    await node.communicate()


async def ask(transport: Http2Transport, path: str, body: bytes) -> UpstreamResponse:
    request = upstream_request("POST", path, safe=False, body=body)
    return await transport.call(request, (), request.deadline_s)


async def test_many_calls_at_once_get_each_its_own_answer(
    transport: Http2Transport,
) -> None:
    numbers = range(300)
    answers = await asyncio.gather(
        *(ask(transport, f"/{number}", b"%d" % number) for number in numbers)
    )

    for number, answer in zip(numbers, answers, strict=True):
        assert header(answer.headers, b"x-path") == b"/%d" % number
        assert answer.body == b"%d" % number


async def test_large_bodies_flow_both_ways(transport: Http2Transport) -> None:
    body = random.Random(1).randbytes(3 * 1024 * 1024)  # noqa: S311 - a pattern

    answers = await asyncio.gather(*(ask(transport, "/", body) for _ in range(3)))

    assert all(answer.body == body for answer in answers)


async def test_a_restart_fails_no_call_though_none_may_be_repeated(
    transport: Http2Transport,
) -> None:
    calls = [ask(transport, "/restart", b"last")]
    calls += [ask(transport, "/", b"%d" % number) for number in range(50)]

    last, *others = await asyncio.gather(*calls)

    assert last.body == b"last"
    assert [each.body for each in others] == [b"%d" % n for n in range(50)]
    assert (await ask(transport, "/", b"next")).body == b"next"


async def test_a_stream_given_up_leaves_the_connection_to_others(
    transport: Http2Transport,
) -> None:
    request = upstream_request("POST", "/", body=bytes(1024 * 1024))
    for _ in range(30):
        stream = await transport.open(request, (), request.deadline_s)
        async with aclosing(stream):
            assert await anext(aiter(stream))

    assert (await ask(transport, "/", b"next")).body == b"next"
