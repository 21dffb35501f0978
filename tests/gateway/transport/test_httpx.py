"""What is particular to httpx: its errors, each of which is one of ours."""

import asyncio
import gc
import socket
import time
from contextlib import aclosing

import httpx
import pytest

from tests.gateway.transport.conftest import server_context
from tests.support.calls import upstream_request
from tests.support.certificates import Authority, Pem
from tests.support.conditions import until
from tests.support.http2_server import ServedStream, http2_server
from tests.support.scripted_server import Scripted, ScriptedServer
from weir.gateway.clock import SystemClock
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamOverloaded,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
    UpstreamRequestInvalid,
    UpstreamTimeout,
)
from weir.gateway.transport.httpx.pools import HttpxPools
from weir.gateway.transport.httpx.transport import HttpxTransport, mapped
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TlsPolicy, TransportPolicy

NO_TLS = TlsPolicy()
TABLE: dict[type[httpx.TransportError], type[UpstreamError]] = {
    httpx.ConnectTimeout: UpstreamConnectFailed,
    httpx.ReadTimeout: UpstreamTimeout,
    httpx.WriteTimeout: UpstreamTimeout,
    httpx.PoolTimeout: UpstreamOverloaded,
    httpx.ConnectError: UpstreamConnectFailed,
    httpx.ReadError: UpstreamConnectionLost,
    httpx.WriteError: UpstreamConnectionLost,
    httpx.CloseError: UpstreamConnectionLost,
    httpx.ProxyError: UpstreamConnectFailed,
    httpx.UnsupportedProtocol: UpstreamConnectFailed,
    httpx.LocalProtocolError: UpstreamRequestInvalid,
    httpx.RemoteProtocolError: UpstreamProtocolError,
}


def leaves(error: type[httpx.TransportError]) -> set[type[httpx.TransportError]]:
    below = error.__subclasses__()
    return set().union(*map(leaves, below)) if below else {error}


def test_each_of_httpxs_errors_is_one_of_ours() -> None:
    assert leaves(httpx.TransportError) == set(TABLE)
    for theirs, ours in TABLE.items():
        assert type(mapped(theirs("x"), "here")) is ours


def transport(url: str, tls: TlsPolicy = NO_TLS) -> HttpxTransport:
    policy = TransportPolicy(
        idle_s=0.05, tls=tls, max_header_bytes=1024, max_response_bytes=4096
    )
    return HttpxTransport(parse_origin(url), policy, SystemClock())


CASES: dict[str, tuple[Scripted, type[UpstreamError]]] = {
    "closed before the answer": (Scripted(b"", "close"), UpstreamConnectionLost),
    "closed in the body": (
        Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "close"),
        UpstreamConnectionLost,
    ),
    "reset in the body": (
        Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "reset"),
        UpstreamConnectionLost,
    ),
    "not HTTP": (Scripted(b"SSH-2.0-OpenSSH\r\n\r\n"), UpstreamProtocolError),
    "too many headers": (
        Scripted(
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-a: %b\r\n\r\n" % (b"a" * 2000)
        ),
        UpstreamProtocolError,
    ),
    "too large": (
        Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + bytes(5000)),
        UpstreamReplyTooLarge,
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_goes_wrong_is_told_as_by_our_own_client(
    name: str, server: ScriptedServer
) -> None:
    script, error = CASES[name]
    server.play(script)
    client = transport(server.url)
    request = upstream_request()

    with pytest.raises(UpstreamError) as raised:
        await client.call(request, (), request.deadline_s)

    assert type(raised.value) is error
    await client.close()


async def test_a_refused_connection_says_that_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = transport(f"http://127.0.0.1:{unused.getsockname()[1]}")
    request = upstream_request()

    with pytest.raises(UpstreamConnectFailed):
        await client.call(request, (), request.deadline_s)
    await client.close()


async def test_a_stream_that_is_silent_too_long_is_a_timeout(
    server: ScriptedServer,
) -> None:
    server.play(Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"))
    client = transport(server.url)
    request = upstream_request()
    async with aclosing(await client.open(request, (), request.deadline_s)) as stream:
        parts = aiter(stream)

        assert await anext(parts) == b"half"
        with pytest.raises(UpstreamTimeout, match="no data within"):
            await anext(parts)
    await client.close()


async def test_one_call_out_of_time_ends_no_other_on_its_connection(
    authority: Authority, loopback: Pem
) -> None:
    async def by_path(stream: ServedStream) -> None:
        await asyncio.sleep(0.2 if stream.path == "/slow" else 9)
        await stream.answer(b"ok")

    policy = TlsPolicy(ca_file=str(authority.own.cert))
    async with http2_server(by_path, server_context(loopback, alpn=("h2",))) as server:
        client = transport(server.url, policy)
        request = upstream_request(path="/slow")
        slow = asyncio.create_task(client.call(request, (), request.deadline_s))
        await asyncio.sleep(0.05)
        with pytest.raises(UpstreamTimeout):
            await client.call(upstream_request(), (), time.monotonic() + 0.05)

        assert (await slow).body == b"ok"
        assert len(server.connections) == 1
        await client.close()


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (200, ((b"content-length", b"many"),)),
        (200, ((b"content-length", b"1_0"),)),
        (200, ((b"content-length", b"1"), (b"content-length", b"2"))),
        (99, ()),
        (2000, ()),
        ("many", ()),
    ],
)
async def test_a_wrong_head_over_http2_is_an_error(
    authority: Authority, loopback: Pem, status: object, fields: Headers
) -> None:
    async def wrong(stream: ServedStream) -> None:
        head = ((b":status", str(status).encode()), *fields)
        stream.peer.h2.send_headers(stream.id, head, end_stream=True)
        stream.peer.flush()

    policy = TlsPolicy(ca_file=str(authority.own.cert))
    async with http2_server(wrong, server_context(loopback, alpn=("h2",))) as server:
        client = transport(server.url, policy)
        # h2 does not verify the length of a response to HEAD.
        request = upstream_request(method="HEAD")
        with pytest.raises(UpstreamProtocolError, match=r"not a (status|length)"):
            await client.open(request, (), request.deadline_s)
        await client.close()


async def test_a_deadline_within_the_tls_handshake_leaves_no_connection(
    server: ScriptedServer,
) -> None:
    server.play(Scripted(b""))  # never answers the handshake
    client = transport(server.url.replace("http:", "https:"))
    request = upstream_request()

    gc.disable()  # a collection would close the connection
    try:
        with pytest.raises(UpstreamTimeout):
            await client.call(request, (), time.monotonic() + 0.2)
        assert server.connections == 1
        await until(lambda: server.open_connections == 0)
    finally:
        gc.enable()
    await client.close()


class BetweenSteps(httpx.AsyncHTTPTransport):
    """A pool whose first call remains in a step over HTTP/2 that has no event."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.extensions["trace"]("http2.send_connection_init.complete", {})
        await asyncio.Event().wait()
        raise AssertionError


async def test_no_call_follows_a_first_one_that_was_cancelled_over_http2() -> None:
    opened: list[BetweenSteps] = []

    def new_pool(_: float) -> BetweenSteps:
        opened.append(BetweenSteps())
        return opened[-1]

    pools = HttpxPools(new_pool, idle_s=60.0)
    call = asyncio.create_task(pools.send(httpx.Request("GET", "https://service/")))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait([call])

    _, of_later_calls = opened
    assert of_later_calls is not opened[0]
    await pools.aclose()


def announcing(field: bytes) -> Scripted:
    return Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n%b\r\nok" % field)


@pytest.mark.parametrize(
    ("field", "connections"),
    [
        (b"", 1),
        (b"keep-alive: timeout=600\r\n", 1),
        # Within the margin of a second, each call has a connection of its own.
        (b"keep-alive: timeout=1\r\n", 3),
        (b"keep-alive: timeout=0\r\n", 3),
    ],
)
async def test_no_call_meets_a_connection_that_the_service_is_about_to_close(
    field: bytes, connections: int, server: ScriptedServer
) -> None:
    server.play(*[announcing(field)] * 3)
    client = HttpxTransport(
        parse_origin(server.url), TransportPolicy(connect_s=30.0), SystemClock()
    )
    request = upstream_request("POST", safe=False, body=b"{}")

    for _ in range(3):
        await client.call(request, (), request.deadline_s)

    assert server.connections == connections
    await client.close()


async def test_a_shorter_idle_time_ends_no_call_in_flight_and_leaves_no_connection(
    server: ScriptedServer,
) -> None:
    half = Scripted(
        b"HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 4\r\n\r\nhalf"
    )
    server.play(half, announcing(b""))
    client = HttpxTransport(
        parse_origin(server.url), TransportPolicy(connect_s=30.0), SystemClock()
    )
    request = upstream_request()
    async with aclosing(await client.open(request, (), request.deadline_s)) as stream:
        await client.call(request, (), request.deadline_s)

        assert b"".join([part async for part in stream]) == b"half"
    await until(lambda: server.open_connections == 0)
    await client.close()
