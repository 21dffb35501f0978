"""Bodies while they arrive: pace, memory, ends; over real sockets."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.support.freeing import Freed, uncollected
from tests.support.local_listener import LocalListener, handler_listener
from weir.gateway.edge.exchange import ClientLeft, Exchange
from weir.gateway.edge.response import Response
from weir.gateway.errors import BadRequest, WeirError
from weir.gateway.headers import Headers
from weir.gateway.server.connection.memory_budget import MemoryBudget
from weir.gateway.server.connection.request_body import ClientBody
from weir.gateway.server.limits import ConnectionLimits

LIMIT = 1_000_000
LIMITS = ConnectionLimits(received_bytes=400_000)


def post(length: int, *, more: bytes = b"") -> bytes:
    head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n" % length
    return head + more + b"\r\n"


async def echo(exchange: Exchange) -> None:
    body = await exchange.body.read(LIMIT)
    await exchange.send(Response(status=200, headers=(), body=body))


async def used(served: LocalListener, size: int) -> None:
    """Wait until bodies and requests ahead take `size` bytes."""
    async with asyncio.timeout(30):
        while served.listener.received_bytes != size:  # noqa: ASYNC110 - a number
            await asyncio.sleep(0.01)


class NoConnection:
    """A connection without an effect."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def send_continue(self) -> None: ...


def test_what_is_rejected_is_freed_at_once() -> None:
    freed, error = Freed(), BadRequest()
    body = ClientBody(
        NoConnection(),
        MemoryBudget(100),
        declared=0,
        complete=False,
        expects_continue=False,
    )
    with uncollected():
        with suppress(BadRequest):
            freed.fail(error)
        body.fail(error)

        assert freed
        assert body.failed


async def test_bodies_in_progress_share_a_budget() -> None:
    async with handler_listener(echo, LIMITS) as served:
        held = [await served.connect() for _ in range(2)]
        for client in held:
            await client.send(post(200_000) + b"x" * 140_000)
        await used(served, 280_000)

        other = await served.connect()
        await other.send(post(50_000) + b"y" * 50_000)
        reply = await other.reply()
        assert (reply.status, reply.closes) == (503, True)
        assert b"GATEWAY_OVERLOADED" in reply.body
        # A quarter is reserved for small bodies.
        small = await served.connect()
        assert (await small.ask(method="POST", body=b"small")).body == b"small"

        held.pop().close()
        await used(served, 140_000)
        await held[0].send(b"x" * 60_000)
        assert len((await held[0].reply()).body) == 200_000
        await used(served, 0)


async def test_memory_that_a_request_needs_for_its_body_is_in_the_budget() -> None:
    async def decode(exchange: Exchange) -> None:
        exchange.body.hold(int(await exchange.body.read(LIMIT)))
        await exchange.send(Response(status=200, headers=(), body=b""))

    async with handler_listener(decode, LIMITS) as served:
        client = await served.connect()
        assert (await client.ask(method="POST", body=b"290000")).status == 200
        await used(served, 0)

        other = await served.connect()
        reply = await other.ask(method="POST", body=b"310000")
        assert reply.status == 503
        assert b"GATEWAY_OVERLOADED" in reply.body
        await used(served, 0)


async def test_requests_ahead_are_in_the_budget() -> None:
    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.2)
        await exchange.send(Response(status=200, headers=(), body=b""))

    get = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
    async with handler_listener(slow, replace(LIMITS, received_bytes=100)) as served:
        client = await served.connect()
        await client.send(get)
        await asyncio.sleep(0.05)
        await client.send(get * 5)
        reply = await client.reply()

        assert (reply.status, reply.closes) == (200, True)
        assert await client.closed() == b""
        await used(served, 0)


async def test_a_body_that_nobody_reads_is_not_taken() -> None:
    go = asyncio.Event()

    async def late(exchange: Exchange) -> None:
        await go.wait()
        await echo(exchange)

    async with handler_listener(late) as served:
        client = await served.connect()
        sending = asyncio.create_task(client.send(post(900_000) + b"x" * 900_000))
        await asyncio.sleep(0.2)
        assert 0 < served.listener.received_bytes < 400_000
        go.set()

        assert len((await client.reply()).body) == 900_000
        await sending


async def test_a_stream_of_bodies_flows_at_the_pace_of_its_reader() -> None:
    async def forward(exchange: Exchange) -> None:
        async def slowly() -> AsyncGenerator[bytes]:
            async for data in exchange.body:
                assert len(data) < 400_000
                yield data

        headers = ((b"content-length", b"3000000"),)
        await exchange.send(Response(status=200, headers=headers, body=slowly()))

    async with handler_listener(forward, LIMITS) as served:
        client = await served.connect()
        sending = asyncio.create_task(client.send(post(3_000_000) + b"x" * 3_000_000))

        assert (await client.reply()).body == b"x" * 3_000_000
        await sending
        await used(served, 0)


async def test_trailers_come_with_the_end() -> None:
    async def show(exchange: Exchange) -> None:
        before = exchange.body.trailers
        await exchange.body.read(LIMIT)
        trailers: Headers = exchange.body.trailers
        body = repr((before, trailers)).encode()
        await exchange.send(Response(status=200, headers=(), body=body))

    async with handler_listener(show) as served:
        client = await served.connect()
        await client.send(
            b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        await asyncio.sleep(0.05)
        await client.send(b"1\r\nx\r\n0\r\nX-Digest: 1\r\n\r\n")

        assert (await client.reply()).body == b"((), ((b'x-digest', b'1'),))"


@pytest.mark.parametrize("end", ["leave", "slow", "malformed"])
async def test_a_body_that_breaks_off_ends_its_reading(end: str) -> None:
    raised: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def read(exchange: Exchange) -> None:
        try:
            await exchange.body.read(LIMIT)
        except (WeirError, ClientLeft) as error:
            raised.set_result(error)
            raise

    async with handler_listener(read, replace(LIMITS, body_s=0.2)) as served:
        client = await served.connect()
        await client.send(
            b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx"
        )
        if end == "leave":
            client.close()
        elif end == "malformed":
            await client.send(b"xyz")
        error = await asyncio.wait_for(raised, 30)

        if end == "leave":
            assert isinstance(error, ClientLeft)
        else:
            assert isinstance(error, WeirError)
            assert (await client.reply()).status == error.row.status
            assert served.refused == [error.code]
        await used(served, 0)


async def test_who_expects_continue_and_gets_a_response_does_not_send() -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.send(Response(status=401, headers=(), body=b""))

    async with handler_listener(refuse) as served:
        client = await served.connect()
        await client.send(post(10, more=b"expect: 100-continue\r\n"))
        reply = await client.reply()

        assert (reply.status, reply.closes) == (401, True)


async def test_http_1_0_does_not_expect_continue() -> None:
    async with handler_listener(echo) as served:
        client = await served.connect()
        head = post(2, more=b"expect: 100-continue\r\n")
        await client.send(head.replace(b"1.1", b"1.0"))
        await asyncio.sleep(0.05)
        await client.send(b"hi")

        assert (await client.reply()).body == b"hi"
