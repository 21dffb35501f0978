"""What every transport promises, whatever it is made of."""

import asyncio
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from msgspec import structs

from tests.gateway.transport.conftest import server_context
from tests.support.calls import upstream_request
from tests.support.certificates import Authority, Pem
from tests.support.http2_server import ServedStream, http2_server
from weir.bffs.in_memory.transport import MemoryTransport
from weir.gateway.clock import SystemClock
from weir.gateway.headers import Headers, header
from weir.gateway.transport.errors import (
    UpstreamReplyTooLarge,
    UpstreamRequestInvalid,
    UpstreamTimeout,
)
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.http2.transport import Http2Transport
from weir.gateway.transport.httpx.transport import HttpxTransport
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TlsPolicy, TransportPolicy
from weir.gateway.transport.transport import Transport

Handler = Callable[[UpstreamRequest, Headers], Awaitable[UpstreamResponse]]
MAX_BYTES = 4 * 1024 * 1024
FRAMING = {b"content-length", b"host", b"connection", b"transfer-encoding"}


@dataclass
class Peer:
    """A transport to a handler, and what the handler was sent."""

    transport: Transport
    seen: list[tuple[UpstreamRequest, Headers]]

    async def call(
        self, request: UpstreamRequest, headers: Headers = ()
    ) -> UpstreamResponse:
        return await self.transport.call(request, headers, request.deadline_s)


async def behave(request: UpstreamRequest, headers: Headers) -> UpstreamResponse:
    """Answer as the path asks: /status/N, /slow, /gzip, else echo the body."""
    del headers
    status, body = 200, request.body
    lines: Headers = ((b"x-path", request.path.encode()),)
    match request.path.split("/")[1:]:
        case ["status", number]:
            status = int(number)
        case ["slow"]:
            await asyncio.sleep(10)
        case ["jitter", millis]:
            await asyncio.sleep(int(millis) / 1000)
            body = millis.encode()
        case _:
            pass
    return UpstreamResponse(status=status, headers=lines, body=body)


@asynccontextmanager
async def served(
    seen: list[tuple[UpstreamRequest, Headers]], tls: ssl.SSLContext | None
) -> AsyncIterator[str]:
    """Serve `behave` by the smallest HTTP/1.1 server that does it."""

    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(serve(reader, writer, seen)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    async with server:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seen: list[tuple[UpstreamRequest, Headers]],
) -> None:
    try:
        while True:
            request, headers = await read(reader)
            seen.append((request, headers))
            await write(writer, request, await behave(request, headers))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def read(reader: asyncio.StreamReader) -> tuple[UpstreamRequest, Headers]:
    head = await reader.readuntil(b"\r\n\r\n")
    start, *lines = head.rstrip().split(b"\r\n")
    method, path, _ = start.decode().split(" ")
    pairs = (line.split(b": ", 1) for line in lines)
    headers = tuple((name.lower(), value) for name, value in pairs)
    body = await read_body(reader, headers)
    return upstream_request(method, path, body=body), headers


async def read_body(reader: asyncio.StreamReader, headers: Headers) -> bytes:
    if header(headers, b"transfer-encoding") is None:
        return await reader.readexactly(int(header(headers, b"content-length") or 0))
    parts: list[bytes] = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readexactly(2)
    return b"".join(parts)


async def write(
    writer: asyncio.StreamWriter, request: UpstreamRequest, answer: UpstreamResponse
) -> None:
    body, coding = answer.body, b""
    if request.path == "/gzip":
        body, coding = gzip.compress(body), b"content-encoding: gzip\r\n"
    lines = b"".join(b"%b: %b\r\n" % line for line in answer.headers) + coding
    length = (
        b"" if answer.status in {204, 304} else b"content-length: %d\r\n" % len(body)
    )
    writer.write(b"HTTP/1.1 %d X\r\n%b%b\r\n" % (answer.status, lines, length))
    if request.method != "HEAD" and length:
        writer.write(body)
    await writer.drain()


async def serve_http2(
    stream: ServedStream, seen: list[tuple[UpstreamRequest, Headers]]
) -> None:
    """Answer as `serve` does, by HTTP/2."""
    request = upstream_request(stream.method, stream.path, body=await stream.body())
    lines = tuple(line for line in stream.headers if not line[0].startswith(b":"))
    seen.append((request, lines))
    answer = await behave(request, lines)
    body, headers = answer.body, answer.headers
    if request.path == "/gzip":
        body, headers = gzip.compress(body), (*headers, (b"content-encoding", b"gzip"))
    bodiless = request.method == "HEAD" or answer.status in {204, 304}
    if answer.status != 204:
        headers = (*headers, (b"content-length", b"%d" % len(body)))
    await stream.answer(b"" if bodiless else body, answer.status, *headers)


KINDS = {
    "memory": "",
    "http1": "http1",
    "http1 by TLS": "http1",
    "http2": "http2",
    "http2 by TLS": "http2",
    "http2 to a server of http1": "http1",
    "httpx": "http1",
    "httpx by TLS": "http1",
    "httpx by TLS to a server of http2": "http2",
}
"""Each kind of transport, and what its server speaks."""


@pytest.fixture(params=KINDS)
async def peer(
    request: pytest.FixtureRequest, authority: Authority, loopback: Pem
) -> AsyncIterator[Peer]:
    seen: list[tuple[UpstreamRequest, Headers]] = []
    kind = str(request.param)
    speaks = KINDS[kind]
    tls = None
    falls_back = speaks == "http1" and kind.startswith("http2")
    if "TLS" in kind or falls_back:
        offered = ("h2", "http/1.1") if speaks == "http2" else ("http/1.1",)
        tls = server_context(loopback, alpn=offered)
    async with AsyncExitStack() as stack:
        url = "http://memory"
        if speaks == "http1":
            url = await stack.enter_async_context(served(seen, tls))
        elif speaks == "http2":
            handler = partial(serve_http2, seen=seen)
            url = (await stack.enter_async_context(http2_server(handler, tls))).url
        policy = TransportPolicy(
            connect_s=30.0,
            tls=TlsPolicy(ca_file=str(authority.own.cert)),
            max_response_bytes=MAX_BYTES,
        )
        transport = new_transport(kind.partition(" ")[0], url, policy, seen)
        yield Peer(transport, seen)
        await transport.close()


def new_transport(
    kind: str,
    url: str,
    policy: TransportPolicy,
    seen: list[tuple[UpstreamRequest, Headers]],
) -> Transport:
    origin = parse_origin(url)
    match kind:
        case "http1":
            return Http1Transport(origin, policy, SystemClock())
        case "http2":
            return Http2Transport(origin, policy, SystemClock())
        case "httpx":
            return HttpxTransport(origin, policy, SystemClock())
        case _:

            async def remember(
                request: UpstreamRequest, headers: Headers
            ) -> UpstreamResponse:
                seen.append((request, headers))
                return await behave(request, headers)

            return MemoryTransport(remember, SystemClock())


async def test_a_request_arrives_as_it_is_and_its_answer_comes_back(
    peer: Peer,
) -> None:
    headers = ((b"x-a", b"1"), (b"x-a", b"2"), (b"accept", b"*/*"))
    request = upstream_request("POST", "/echo?a=%20b", body=b"\x00body\xff")

    answer = await peer.call(request, headers)

    assert (answer.status, answer.body) == (200, b"\x00body\xff")
    assert header(answer.headers, b"x-path") == b"/echo?a=%20b"
    arrived, fields = peer.seen[0]
    assert (arrived.method, arrived.path) == ("POST", "/echo?a=%20b")
    assert tuple(line for line in fields if line[0] not in FRAMING) == headers


@pytest.mark.parametrize("status", [204, 301, 304, 404, 429, 500, 503])
async def test_any_status_is_an_answer_and_none_is_followed(
    status: int, peer: Peer
) -> None:
    answer = await peer.call(upstream_request(path=f"/status/{status}"))

    assert answer.status == status
    assert len(peer.seen) == 1


@pytest.mark.parametrize("status", [200, 404])
async def test_an_answer_to_head_has_no_body(status: int, peer: Peer) -> None:
    answer = await peer.call(upstream_request("HEAD", f"/status/{status}"))

    assert (answer.status, answer.body) == (status, b"")
    assert (await peer.call(upstream_request("POST", body=b"next"))).body == b"next"


async def test_a_large_body_goes_and_comes_whole(peer: Peer) -> None:
    body = bytes(range(256)) * (8 * 1024)

    answer = await peer.call(upstream_request("POST", "/echo", body=body))

    assert answer.body == body


async def test_a_body_that_unpacks_to_too_much_is_refused(peer: Peer) -> None:
    if isinstance(peer.transport, MemoryTransport):
        pytest.skip("nothing is packed in memory")
    request = upstream_request("POST", "/gzip", body=bytes(MAX_BYTES - 1024))

    with pytest.raises(UpstreamReplyTooLarge):
        await peer.call(request)
    assert (await peer.call(upstream_request("POST", body=b"next"))).body == b"next"


async def test_a_deadline_that_passes_is_a_timeout_in_time(peer: Peer) -> None:
    started_s = time.monotonic()

    with pytest.raises(UpstreamTimeout):
        await peer.call(upstream_request(path="/slow", deadline_s=started_s + 0.05))

    assert time.monotonic() - started_s < 5
    assert (await peer.call(upstream_request("POST", body=b"next"))).body == b"next"


async def test_a_cancelled_call_does_not_touch_the_next(peer: Peer) -> None:
    task = asyncio.create_task(peer.call(upstream_request(path="/slow")))
    while not peer.seen:  # noqa: ASYNC110 - of the server
        await asyncio.sleep(0.001)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await peer.call(upstream_request("POST", body=b"next"))).body == b"next"


async def test_a_call_that_is_cancelled_at_any_step_does_not_touch_the_next(
    peer: Peer,
) -> None:
    for steps in range(60):
        request = upstream_request("POST", body=b"cancelled")
        task = asyncio.create_task(peer.call(request))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

        assert (await peer.call(upstream_request("POST", body=b"next"))).body == b"next"


async def test_answers_of_calls_in_flight_are_never_mixed(peer: Peer) -> None:
    numbers = range(100)
    calls = [
        peer.call(upstream_request("POST", f"/jitter/{(number * 37) % 50}"))
        for number in numbers
    ]

    answers = await asyncio.gather(*calls)

    assert [answer.body for answer in answers] == [
        b"%d" % ((number * 37) % 50) for number in numbers
    ]


async def test_no_cookie_is_kept_and_nothing_is_added(peer: Peer) -> None:
    await peer.call(upstream_request())
    await peer.call(upstream_request())

    for _, fields in peer.seen:
        assert {name for name, _ in fields} <= FRAMING


async def test_a_coded_body_is_decoded(peer: Peer) -> None:
    answer = await peer.call(upstream_request("POST", "/gzip", body=b"x" * 999))

    assert answer.body == b"x" * 999
    assert header(answer.headers, b"content-encoding") is None


async def test_what_would_smuggle_is_refused_before_anything_is_sent(
    peer: Peer,
) -> None:
    with pytest.raises(UpstreamRequestInvalid):
        await peer.call(upstream_request(), ((b"x-a", b"b\r\nx-evil: 1"),))

    assert not peer.seen


async def test_a_stream_brings_head_and_body(peer: Peer) -> None:
    request = upstream_request("POST", "/echo", body=b"whole")

    stream = await peer.transport.open(request, (), request.deadline_s)

    async with aclosing(stream):
        assert (stream.status, header(stream.headers, b"x-path")) == (200, b"/echo")
        assert b"".join([part async for part in stream]) == b"whole"


async def test_a_stream_takes_a_body_in_parts(peer: Peer) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"in ", b"", b"parts"):
            yield part

    request = structs.replace(upstream_request("POST", "/echo"), body=b"not this")
    stream = await peer.transport.open(request, (), request.deadline_s, parts())

    async with aclosing(stream):
        assert b"".join([part async for part in stream]) == b"in parts"
