"""The protocol on a connection with TLS, where no direction can end alone."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.served_process import Connection
from weir.gateway.clock import SystemClock
from weir.gateway.edge.exchange import Exchange
from weir.gateway.edge.response import Response
from weir.gateway.server.connection.listener_state import ListenerState
from weir.gateway.server.connection.protocol import ClientProtocol
from weir.gateway.server.limits import ConnectionLimits


async def respond(exchange: Exchange) -> None:
    body = await exchange.body.read(10)
    shown = exchange.head.scheme.encode() + b" " + body
    await exchange.send(Response(status=200, headers=(), body=shown))


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Connection]:
    authority = Authority(tmp_path)
    pem = authority.issue("server", "IP:127.0.0.1")
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(pem.cert, pem.key)
    state = ListenerState(
        respond, ConnectionLimits(), SystemClock(), print, lambda _: None
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: ClientProtocol(state, loop, "192.0.2.1"),
        *("127.0.0.1", 0),
        ssl=serving,
    )
    port = server.sockets[0].getsockname()[1]
    trusting = ssl.create_default_context(cafile=str(authority.own.cert))
    connection = Connection(
        *await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    )
    yield connection
    connection.close()
    server.close()
    async with asyncio.timeout(30):
        while state.connections:  # noqa: ASYNC110 - it is a set
            await asyncio.sleep(0.01)


async def test_requests_come_by_https(client: Connection) -> None:
    for _ in range(2):
        assert (await client.ask()).body == b"https "


async def test_a_rejected_request_gets_its_response(client: Connection) -> None:
    await client.send(
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000
    )
    reply = await client.reply()

    assert (reply.status, reply.closes) == (413, True)
    assert await client.closed() == b""
