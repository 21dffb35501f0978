"""Clients that close their sending side and read on (RFC 9112 §9.6)."""

import asyncio
import socket
from collections.abc import AsyncGenerator

import pytest

from tests.support.local_listener import handler_listener
from weir.gateway.edge.exchange import ClientLeft, Exchange
from weir.gateway.edge.response import Response

GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


@pytest.mark.parametrize("wait_s", [0, 0.01, 0.15])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_a_client_that_closes_its_side_gets_its_response(
    wait_s: float, version: bytes
) -> None:
    async def late(exchange: Exchange) -> None:
        await asyncio.sleep(wait_s)
        await exchange.send(Response(status=200, headers=(), body=b"late"))

    async with handler_listener(late) as served:
        client = await served.connect()
        client.writer.write(GET.replace(b"1.1", version))
        client.writer.write_eof()
        received = await client.closed()

    assert received.endswith(b"connection: close\r\n\r\nlate")
    assert received.count(b"HTTP/1.1 200 OK") == 1


async def test_a_client_that_closes_its_side_gets_the_responses_to_all() -> None:
    async def respond(exchange: Exchange) -> None:
        await asyncio.sleep(0.01)
        await exchange.send(Response(status=200, headers=(), body=b""))

    async with handler_listener(respond) as served:
        client = await served.connect()
        client.writer.write(GET * 5)
        client.writer.write_eof()
        received = await client.closed()

    assert received.count(b"HTTP/1.1 200 OK") == 5
    assert received.count(b"connection: close") == 1


@pytest.mark.parametrize(
    "unfinished", [b"GET /", GET[:-2] + b"content-length: 1\r\n\r\n"]
)
async def test_what_is_not_complete_at_the_end_gets_no_response(
    unfinished: bytes,
) -> None:
    async def respond(exchange: Exchange) -> None:
        await asyncio.sleep(0.05)
        await exchange.send(Response(status=200, headers=(), body=b""))

    async with handler_listener(respond) as served:
        client = await served.connect()
        client.writer.write(GET + unfinished)
        client.writer.write_eof()
        received = await client.closed(2)

    assert received.count(b"HTTP/1.1 200 OK") == 1


async def test_a_stream_goes_on_to_a_client_that_closed_its_side() -> None:
    async def parts() -> AsyncGenerator[bytes]:
        for _ in range(10):
            yield b"x"
            await asyncio.sleep(0.02)

    async def respond(exchange: Exchange) -> None:
        await exchange.send(Response(status=200, headers=(), body=parts()))

    async with handler_listener(respond) as served:
        client = await served.connect()
        client.writer.write(GET)
        client.writer.write_eof()
        received = await client.closed()

    assert received.count(b"1\r\nx\r\n") == 10
    assert received.endswith(b"0\r\n\r\n")


async def test_a_body_that_ends_early_ends_its_request() -> None:
    left: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def read(exchange: Exchange) -> None:
        try:
            await exchange.body.read(100)
        except ClientLeft:
            left.set_result(None)
            raise

    async with handler_listener(read) as served:
        client = await served.connect()
        client.writer.write(
            b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc"
        )
        client.writer.write_eof()

        await asyncio.wait_for(left, 30)
        assert await client.closed() == b""


@pytest.mark.parametrize("resets", [False, True])
async def test_the_work_for_a_client_that_is_gone_ends(
    resets: bool,  # noqa: FBT001 - a column of the table
) -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def hang(exchange: Exchange) -> None:
        exchange.on_disconnect(left.set)
        begun.set()
        await left.wait()

    async with handler_listener(hang) as served:
        client = socket.create_connection(("127.0.0.1", served.port))
        client.sendall(GET)
        await asyncio.wait_for(begun.wait(), 30)
        if resets:
            client.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0" + bytes(4)
            )
        client.close()

        await asyncio.wait_for(left.wait(), 30)
