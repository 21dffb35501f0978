"""Streams over HTTP/2: backpressure, silence, resets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from tests.support.calls import upstream_request
from tests.support.http2_client import POLICY, client_of
from tests.support.http2_server import ServedStream
from weir.gateway.headers import header
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamTimeout,
)
from weir.gateway.transport.http2.exchange import STREAM_WINDOW


async def test_a_consumer_that_does_not_read_holds_up_its_sender_alone() -> None:
    async def flood(stream: ServedStream) -> None:
        if stream.path == "/flood":
            stream.head(200)
            await stream.send(bytes(64 * STREAM_WINDOW))
        else:
            await stream.answer(bytes(2 * STREAM_WINDOW))

    async with client_of(flood) as client:
        request = upstream_request(path="/flood")
        stream = await client.transport.open(request, (), request.deadline_s)
        async with aclosing(stream):
            await asyncio.sleep(0.1)
            sender = client.server.streams[0]
            assert sender.sent == STREAM_WINDOW

            for _ in range(20):
                assert len((await client.ask()).body) == 2 * STREAM_WINDOW
            assert sender.sent == STREAM_WINDOW

            taken = 0
            async for part in stream:
                taken += len(part)
                if taken > 3 * STREAM_WINDOW:
                    break
            assert sender.sent > 3 * STREAM_WINDOW
        await asyncio.wait_for(sender.was_reset.wait(), 30)
        assert len(client.server.connections) == 1


async def test_events_and_uploads_flow_while_each_other_goes_on() -> None:
    async def back(stream: ServedStream) -> None:
        stream.head(200, (b"content-type", b"text/event-stream"))
        async for part in stream:
            await stream.send(b"got " + part)
        stream.end()

    said: asyncio.Queue[bytes] = asyncio.Queue()

    async def upload() -> AsyncIterator[bytes]:
        while part := await said.get():
            yield part

    async with client_of(back) as client:
        request = upstream_request("POST", "/events")
        stream = await client.transport.open(request, (), request.deadline_s, upload())
        async with aclosing(stream):
            heard = aiter(stream)
            for word in (b"one", b"two"):
                said.put_nowait(word)
                assert await anext(heard) == b"got " + word
            said.put_nowait(b"")
            assert [part async for part in heard] == []
        assert header(stream.headers, b"content-type") == b"text/event-stream"


async def test_a_stream_that_is_silent_too_long_is_a_timeout() -> None:
    async def silent(stream: ServedStream) -> None:
        stream.head(200)
        await stream.was_reset.wait()

    policy = replace(POLICY, idle_s=0.05)
    async with client_of(silent, policy) as client:
        request = upstream_request()
        stream = await client.transport.open(request, (), request.deadline_s)
        with pytest.raises(UpstreamTimeout, match="no data within"):
            async with aclosing(stream):
                assert [part async for part in stream] == []
        await asyncio.wait_for(client.server.streams[0].was_reset.wait(), 30)


async def test_what_came_before_a_reset_is_given_and_then_the_loss_is_told() -> None:
    async with client_of() as client:
        request = upstream_request(path="/half/INTERNAL_ERROR")
        stream = await client.transport.open(request, (), request.deadline_s)
        async with aclosing(stream):
            parts = aiter(stream)

            assert await anext(parts) == b"half"
            with pytest.raises(UpstreamConnectionLost):
                await anext(parts)


async def test_an_exchange_given_up_is_reset_once_however_much_of_it_still_comes() -> (
    None
):
    """A peer that counts resets takes many for an attack, and ends the connection."""

    async def flood(stream: ServedStream) -> None:
        stream.head(200)
        await stream.send(bytes(STREAM_WINDOW // 2), end=True)

    async with client_of(flood) as client:
        for _ in range(40):
            request = upstream_request()
            stream = await client.transport.open(request, (), request.deadline_s)
            await stream.aclose()
        await asyncio.sleep(0.1)

        assert sum(each.resets for each in client.server.connections) <= 40


async def test_trailers_are_known_at_the_end_of_the_body() -> None:
    async def served(stream: ServedStream) -> None:
        stream.head(200)
        await stream.send(b"hello")
        stream.peer.h2.send_headers(stream.id, [(b"x-sum", b"1")], end_stream=True)
        stream.peer.flush()

    async with client_of(served) as client:
        request = upstream_request()
        stream = await client.transport.open(request, (), request.deadline_s)
        async with aclosing(stream):
            body = b"".join([part async for part in stream])

        assert (body, stream.trailers) == (b"hello", ((b"x-sum", b"1"),))
