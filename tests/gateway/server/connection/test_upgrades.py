"""Another protocol takes a client's connection over (RFC 9110 §7.8)."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from tests.support.local_listener import handler_listener
from tests.support.served_process import Connection
from weir.gateway.edge.exchange import ClientLeft, Exchange, Handler
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.errors import BadRequest

REQUEST = (
    b"GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n"
)


class Echo(asyncio.Protocol):
    """Sends back what it gets, in upper case."""

    def __init__(self, transport: asyncio.Transport, received: bytes) -> None:
        self.transport = transport
        self.lost = False
        if received:
            self.data_received(received)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data.upper())
        if data.endswith(b"bye"):
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - its signature
        self.lost = True


def upgrading(done: asyncio.Event, protocols: list[Echo]) -> Handler:
    def take_over(transport: asyncio.Transport, received: bytes) -> Echo:
        protocols.append(Echo(transport, received))
        return protocols[-1]

    async def handle(exchange: Exchange) -> None:
        headers = ((b"upgrade", b"echo"),)
        await exchange.upgrade(Upgrade(headers=headers, take_over=take_over))
        done.set()

    return handle


async def switched(client: Connection) -> bytes:
    async with asyncio.timeout(30):
        head = await client.reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\ndate: ")
    assert {b"connection: upgrade", b"upgrade: echo"} < set(head.split(b"\r\n"))
    return head


async def test_bytes_go_to_the_other_protocol_until_it_closes() -> None:
    done, protocols = asyncio.Event(), list[Echo]()
    async with handler_listener(upgrading(done, protocols)) as served:
        client = await served.connect()
        await client.send(REQUEST)
        await switched(client)
        await client.send(b"hello")
        assert await client.reader.readexactly(5) == b"HELLO"
        assert served.listener.requests == 1
        await client.send(b" bye")

        assert await client.closed() == b" BYE"
        await asyncio.wait_for(done.wait(), 30)
        assert protocols[0].lost
        assert served.listener.received_bytes == 0


async def test_bytes_behind_the_request_are_handed_over() -> None:
    done = asyncio.Event()
    async with handler_listener(upgrading(done, [])) as served:
        client = await served.connect()
        await client.send(REQUEST + b"GET / bye")
        await switched(client)

        assert await client.closed() == b"GET / BYE"


async def test_a_client_that_leaves_ends_the_exchange() -> None:
    done = asyncio.Event()
    async with handler_listener(upgrading(done, [])) as served:
        client = await served.connect()
        await client.send(REQUEST)
        await switched(client)
        client.close()

        await asyncio.wait_for(done.wait(), 30)


async def test_the_end_of_a_client_before_the_switch_ends_the_other_protocol() -> None:
    done, protocols, ended = asyncio.Event(), list[Echo](), asyncio.Event()

    async def handle(exchange: Exchange) -> None:
        await ended.wait()
        await upgrading(done, protocols)(exchange)

    async with handler_listener(handle) as served:
        client = await served.connect()
        await client.send(REQUEST + b"hello")
        client.writer.write_eof()
        async with asyncio.timeout(30):
            # The gateway has seen the end of the client.
            await client.reader.readuntil(b"HTTP/1.1 102 Processing\r\n\r\n")
        ended.set()

        assert (await client.closed()).endswith(b"\r\n\r\nHELLO")
        await asyncio.wait_for(done.wait(), 30)
        assert protocols[0].lost


async def test_a_drain_leaves_the_other_protocol_its_time() -> None:
    done = asyncio.Event()
    async with handler_listener(upgrading(done, [])) as served:
        client = await served.connect()
        await client.send(REQUEST)
        await switched(client)
        closing = asyncio.create_task(served.listener.close(grace_s=0.5))
        await client.send(b"hello")
        assert await client.reader.readexactly(5) == b"HELLO"

        await closing
        assert served.listener.cut_off


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n"
        b"content-length: 1\r\n\r\nx",
    ],
)
async def test_a_request_that_does_not_permit_it_is_not_upgraded(
    request_head: bytes,
) -> None:
    async with handler_listener(upgrading(asyncio.Event(), [])) as served:
        client = await served.connect()
        await client.send(request_head)

        assert (await client.reply()).status == 400


async def test_a_handler_can_respond_after_an_upgrade_was_refused() -> None:
    async def handle(exchange: Exchange) -> None:
        take_over = cast("Callable[..., asyncio.Protocol]", None)
        with pytest.raises(BadRequest):
            await exchange.upgrade(Upgrade(headers=(), take_over=take_over))
        await exchange.send(Response(status=426, headers=(), body=b""))

    async with handler_listener(handle) as served:
        client = await served.connect()
        assert (await client.ask()).status == 426
        assert (await client.ask()).status == 426


async def test_an_upgrade_for_a_client_that_has_left_is_not_begun() -> None:
    left, raised = asyncio.Event(), asyncio.Event()

    async def handle(exchange: Exchange) -> None:
        exchange.on_disconnect(left.set)
        await left.wait()
        take_over = cast("Callable[..., asyncio.Protocol]", None)
        try:
            await exchange.upgrade(Upgrade(headers=(), take_over=take_over))
        except ClientLeft:
            raised.set()

    async with handler_listener(handle) as served:
        client = await served.connect()
        await client.send(REQUEST)
        client.writer.transport.abort()

        await asyncio.wait_for(raised.wait(), 30)
