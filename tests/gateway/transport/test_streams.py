"""Bodies that flow: nothing gathered, nothing lost, nobody waits for ever."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

import pytest

from tests.gateway.transport.conftest import NewTransportTo
from tests.support.calls import upstream_request
from tests.support.scripted_server import Scripted, ScriptedServer
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamProtocolError,
    UpstreamTimeout,
)
from weir.gateway.transport.http1.stream_connection import HIGH_WATER
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.streams import FlowStream

EVENTS = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


async def opened(
    transport: Http1Transport,
    body: AsyncIterator[bytes] | None = None,
    head_s: float = 1.0,
) -> FlowStream:
    request = upstream_request("POST" if body else "GET")
    return await transport.open(request, (), time.monotonic() + head_s, body)


async def collected(stream: FlowStream) -> bytes:
    async with aclosing(stream):
        return b"".join([chunk async for chunk in stream])


@pytest.mark.parametrize("piece", [0, 1], ids=["whole", "bytewise"])
async def test_the_head_is_there_before_the_body_and_the_body_is_whole(
    piece: int, server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(EVENTS + b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", piece=piece))

    stream = await opened(transport)

    assert (stream.status, stream.headers[0][1]) == (200, b"text/event-stream")
    assert await collected(stream) == b"onetwo"


async def test_each_event_arrives_when_it_is_sent(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(EVENTS + b"3\r\none\r\n"))
    async with aclosing(await opened(transport)) as stream:
        async for chunk in stream:
            assert chunk == b"one"
            break


async def test_a_body_larger_than_any_buffered_one_flows_through(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    size = 3 * 1024 * 1024
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size
    server.play(Scripted(head + bytes(size)))

    assert await collected(await opened(transport)) == bytes(size)


async def test_a_consumer_that_does_not_read_holds_the_sender_up(
    transport_to_flood: tuple[Http1Transport, list[int]],
) -> None:
    transport, sent = transport_to_flood
    async with aclosing(await opened(transport)) as stream:
        await asyncio.sleep(0.2)
        held_up_at = sum(sent)
        await asyncio.sleep(0.1)
        assert sum(sent) == held_up_at

        taken = 0
        async for chunk in stream:
            taken += len(chunk)
            if taken > held_up_at + HIGH_WATER:
                break
        assert sum(sent) > held_up_at


@pytest.fixture
async def transport_to_flood(
    new_transport_to: NewTransportTo,
) -> AsyncIterator[tuple[Http1Transport, list[int]]]:
    sent: list[int] = []

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(bytes(65536))
                await writer.drain()
                sent.append(65536)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    async with server:
        yield new_transport_to(server), sent
        server.close()


async def test_an_upload_is_sent_in_chunks_while_the_answer_comes(
    new_transport_to: NewTransportTo,
) -> None:
    heads: list[bytes] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(EVENTS)
        while (raw := await reader.readuntil(b"\r\n")) != b"0\r\n":
            chunk = await reader.readexactly(int(raw, 16) + 2)
            writer.write(raw + chunk)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def upload() -> AsyncIterator[bytes]:
        for number in range(100):
            yield b"%d," % number
            await asyncio.sleep(0)

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        answer = await collected(await opened(new_transport_to(server), upload()))

    assert answer == b"".join(b"%d," % number for number in range(100))
    assert b"transfer-encoding: chunked\r\n" in heads[0]


async def test_an_upload_that_breaks_off_breaks_the_exchange(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    async def upload() -> AsyncIterator[bytes]:
        yield b"begun"
        raise ConnectionError

    server.play(Scripted(b""))

    with pytest.raises(UpstreamConnectionLost, match="body of the request failed"):
        await opened(transport, upload())


async def test_what_came_before_a_reset_is_given_and_then_the_loss_is_told(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(EVENTS + b"3\r\none\r\n", "close"))
    taken: list[bytes] = []

    with pytest.raises(UpstreamConnectionLost):
        async with aclosing(await opened(transport)) as stream:
            taken += [chunk async for chunk in _into(taken, stream)]

    assert taken == [b"one"]


async def _into(taken: list[bytes], stream: FlowStream) -> AsyncIterator[bytes]:
    async for chunk in stream:
        taken.append(chunk)
        yield b""


async def test_a_stream_that_turns_into_nonsense_is_broken_off(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(EVENTS + b"nonsense\r\n"))

    with pytest.raises(UpstreamProtocolError):
        await collected(await opened(transport))


async def test_no_head_within_the_deadline_is_a_timeout(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(b"HTTP/1.1 200 OK\r\n"))

    with pytest.raises(UpstreamTimeout):
        await opened(transport, head_s=0.05)


async def test_silence_beyond_the_idle_time_is_a_timeout(
    server: ScriptedServer, new_transport_to: NewTransportTo
) -> None:
    server.play(Scripted(EVENTS + b"3\r\none\r\n"))
    transport = new_transport_to(server.url, idle_s=0.05)

    with pytest.raises(UpstreamTimeout, match="no data within"):
        await collected(await opened(transport))


async def test_closing_in_the_middle_ends_the_connection(
    new_transport_to: NewTransportTo,
) -> None:
    gone = asyncio.Event()

    async def wait_for_end(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EVENTS)
        with suppress(ConnectionError):
            assert await reader.read(1) == b""
        gone.set()
        writer.close()

    server = await asyncio.start_server(wait_for_end, "127.0.0.1", 0)
    async with server:
        stream = await opened(new_transport_to(server))
        await stream.aclose()
        await stream.aclose()
        async with asyncio.timeout(20):
            await gone.wait()
