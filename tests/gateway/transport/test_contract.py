"""What every transport promises, whatever it is made of."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from gateway.clock import SystemClock
from gateway.headers import Headers, header
from gateway.transport.http1 import Http1Transport
from gateway.transport.httpx_transport import HttpxTransport
from gateway.transport.memory import MemoryTransport
from gateway.transport.origin import parse_origin
from gateway.transport.transport import Transport
from gateway.upstreams.call import UpstreamRequest, UpstreamResponse
from gateway.upstreams.errors import UpstreamRequestInvalid, UpstreamTimeout
from gateway.upstreams.policy import InstanceSpec, UpstreamPolicy
from tests.support.calls import upstream_request

Handler = Callable[[UpstreamRequest, Headers], Awaitable[UpstreamResponse]]
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
            await asyncio.sleep(0.5)
        case ["jitter", millis]:
            await asyncio.sleep(int(millis) / 1000)
            body = millis.encode()
        case _:
            pass
    return UpstreamResponse(status=status, headers=lines, body=body)


@asynccontextmanager
async def served(
    seen: list[tuple[UpstreamRequest, Headers]],
) -> AsyncIterator[str]:
    """Serve `behave` by the smallest HTTP/1.1 server that does it."""

    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(serve(reader, writer, seen)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
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


@pytest.fixture(params=["memory", "http1", "httpx"])
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    seen: list[tuple[UpstreamRequest, Headers]] = []
    async with served(seen) as url:
        transport = new_transport(str(request.param), url, seen)
        yield Peer(transport, seen)
        await transport.close()


def new_transport(
    kind: str, url: str, seen: list[tuple[UpstreamRequest, Headers]]
) -> Transport:
    policy = UpstreamPolicy(name="peer", instances=(InstanceSpec(url),))
    match kind:
        case "http1":
            return Http1Transport(parse_origin(url), policy, SystemClock())
        case "httpx":
            return HttpxTransport(parse_origin(url), policy, SystemClock())
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


async def test_a_deadline_that_passes_is_a_timeout_in_time(peer: Peer) -> None:
    started_s = time.monotonic()

    with pytest.raises(UpstreamTimeout):
        await peer.call(upstream_request(path="/slow", deadline_s=started_s + 0.05))

    assert time.monotonic() - started_s < 0.3
    assert (await peer.call(upstream_request("POST", body=b"next"))).body == b"next"


async def test_a_cancelled_call_does_not_touch_the_next(peer: Peer) -> None:
    task = asyncio.create_task(peer.call(upstream_request(path="/slow")))
    await asyncio.sleep(0.05)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

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

    request = replace(upstream_request("POST", "/echo"), body=b"not this")
    stream = await peer.transport.open(request, (), request.deadline_s, parts())

    async with aclosing(stream):
        assert b"".join([part async for part in stream]) == b"in parts"
