"""Connections of streams: used again after complete exchanges, and only then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.support.calls import upstream_request
from tests.support.conditions import until
from tests.support.raw_service import RawService, raw_service, read_body
from tests.support.scripted_server import Scripted, ScriptedServer, scripted_server
from tests.support.served_process import Connection
from weir.gateway.clock import SystemClock
from weir.gateway.transport.errors import UpstreamConnectionLost
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import ConnectionPolicy, TransportPolicy

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


@asynccontextmanager
async def transport_to(
    server: ScriptedServer | RawService, policy: ConnectionPolicy | None = None
) -> AsyncIterator[Http1Transport]:
    policies = TransportPolicy(connections=policy or ConnectionPolicy())
    transport = Http1Transport(parse_origin(server.url), policies, SystemClock())
    try:
        yield transport
    finally:
        await transport.close()


async def read(
    transport: Http1Transport,
    *,
    safe: bool = True,
    method: str = "GET",
    body: AsyncIterator[bytes] | None = None,
) -> bytes:
    request = upstream_request(method, "/x", safe=safe)
    stream = await transport.open(request, (), 1e12, body)
    try:
        return b"".join([part async for part in stream])
    finally:
        await stream.aclose()


@pytest.mark.parametrize("response", [OK, CHUNKED])
async def test_a_connection_is_used_again_after_a_complete_exchange(
    response: bytes,
) -> None:
    async with scripted_server() as server, transport_to(server) as transport:
        server.play(*[Scripted(response)] * 3)

        assert [await read(transport) for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 1


@pytest.mark.parametrize(
    ("response", "whole"),
    [(OK, b"ok"), (CHUNKED, b"ok"), (OK[:-1], None), (OK[:-2], None)],
)
async def test_a_body_that_arrives_with_its_head_is_whole(
    response: bytes, whole: bytes | None
) -> None:
    async with scripted_server() as server, transport_to(server) as transport:
        server.play(Scripted(response), Scripted(OK))
        stream = await transport.open(upstream_request("GET", "/x"), (), 1e12)
        assert stream.whole == whole

        assert await read(transport) == b"ok"
        assert server.connections == (1 if whole else 2)
        await stream.aclose()


async def test_an_upload_is_not_ended_by_the_idle_time_before_it() -> None:
    idle_s = 0.2

    async def slow() -> AsyncIterator[bytes]:
        await asyncio.sleep(3 * idle_s)
        yield b"a"

    async with (
        raw_service(reading) as server,
        transport_to(server, ConnectionPolicy(idle_s=idle_s)) as transport,
    ):
        assert await read(transport) == b"ok"
        assert await read(transport, method="POST", body=slow()) == b"ok"
        assert server.bodies[-1] == b"a"


async def reading(raw: RawService, connection: Connection, head: bytes) -> None:
    raw.bodies.append(await read_body(connection, head))
    await connection.send(OK)


@pytest.mark.parametrize(
    "response",
    [
        OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        OK + b"more",
        OK + OK,
    ],
)
async def test_a_connection_is_closed_if_the_next_response_could_be_wrong(
    response: bytes,
) -> None:
    async with scripted_server() as server, transport_to(server) as transport:
        server.play(Scripted(response), Scripted(OK))

        assert [await read(transport) for _ in range(2)] == [b"ok"] * 2
        assert server.connections == 2


async def test_a_connection_of_a_stream_that_is_not_read_to_its_end_is_closed() -> None:
    async with scripted_server() as server, transport_to(server) as transport:
        server.play(Scripted(OK[:-1]), Scripted(OK))
        stream = await transport.open(upstream_request("GET", "/x"), (), 1e12)
        await stream.aclose()
        await stream.aclose()

        assert await read(transport) == b"ok"
        assert server.connections == 2
        assert [part async for part in stream] == []


async def test_a_connection_with_an_unfinished_upload_is_closed() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    async with scripted_server() as server, transport_to(server) as transport:
        server.play(Scripted(OK), Scripted(OK))

        assert await read(transport, method="POST", body=endless()) == b"ok"
        assert await read(transport) == b"ok"
        assert server.connections == 2


async def test_bytes_that_belong_to_no_request_close_an_idle_connection() -> None:
    later = asyncio.Event()

    async def service(raw: RawService, connection: Connection, head: bytes) -> None:
        del head
        await connection.send(OK)
        if len(raw.heads) == 1:
            await later.wait()
            await connection.send(OK.replace(b"ok", b"no"))

    async with raw_service(service) as server, transport_to(server) as transport:
        await read(transport)
        idle = transport._streams._idle  # noqa: SLF001 - there is no other sign
        assert len(idle) == 1
        later.set()
        await until(lambda: not idle)

        assert await read(transport) == b"ok"


@pytest.mark.parametrize(("safe", "fails"), [(True, False), (False, True)])
async def test_a_request_on_a_connection_that_was_closing_is_repeated_if_it_is_safe(
    *, safe: bool, fails: bool
) -> None:
    async with scripted_server() as server, transport_to(server) as transport:
        server.play(Scripted(OK), Scripted(b"", then="close"), Scripted(OK))
        await read(transport)

        if fails:
            with pytest.raises(UpstreamConnectionLost):
                await read(transport, safe=safe)
        else:
            assert await read(transport, safe=safe) == b"ok"
            assert server.connections == 2


async def test_an_idle_connection_is_closed_after_its_time() -> None:
    async with scripted_server() as server:
        policy = replace(ConnectionPolicy(), idle_s=0.05)
        async with transport_to(server, policy) as transport:
            server.play(Scripted(OK), Scripted(OK))
            await read(transport)
            idle = transport._streams._idle  # noqa: SLF001 - there is no other sign
            await until(lambda: not idle)

            assert await read(transport) == b"ok"
            assert server.connections == 2
