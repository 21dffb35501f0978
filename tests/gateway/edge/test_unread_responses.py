"""Responses that clients do not read share a memory, over real sockets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import pytest

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.front_doubles import HandlerFront, OneFront, text
from tests.support.local_listener import LocalListener, handler_listener
from tests.support.served_process import Connection, Reply
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.context import RequestContext
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.events import RequestFinished

LARGE = b"x" * 16 * 1024 * 1024
"""More than the buffers of a socket hold."""
PIECE = LARGE[: 256 * 1024]
ATTACKER, OTHER, BYSTANDER = "127.0.0.2", "127.0.0.3", "127.0.0.4"


async def endless() -> AsyncGenerator[bytes]:
    while True:
        yield PIECE


async def respond(request: Request, _: RequestContext) -> Response:
    match request.head.path:
        case "/large":
            return text(LARGE)
        case "/stream":
            return Response(status=200, headers=(), body=endless())
        case _:
            return text(b"small")


@dataclass
class Unread:
    served: LocalListener
    memory: ClientMemory

    async def connect(self, address: str) -> Connection:
        connection = Connection(
            *await asyncio.open_connection(
                "127.0.0.1", self.served.port, local_addr=(address, 0)
            )
        )
        self.served.connections.append(connection)
        return connection

    async def request(self, address: str, path: str) -> Connection:
        """Send a request, and read nothing of its response."""
        connection = await self.connect(address)
        await connection.send(b"GET %b HTTP/1.1\r\nhost: a\r\n\r\n" % path.encode())
        return connection

    async def until_held(self, client: str, size: int) -> None:
        await until(lambda: self.memory.held.get(client, 0) == size)


@asynccontextmanager
async def unread_responses(limit: int) -> AsyncIterator[Unread]:
    memory, sink = ClientMemory(limit), RecordingSink()
    pipeline = Pipeline(EdgeOptions(compression=None), sink=sink, replies=memory)
    pipeline.serve(OneFront(HandlerFront(respond)))
    async with handler_listener(pipeline) as served:
        served.sink = sink
        yield Unread(served, memory)


def assert_refused(reply: Reply) -> None:
    assert reply.status == 503
    assert reply.headers["retry-after"] == "1"
    assert not reply.closes
    assert orjson.loads(reply.body)["code"] == "GATEWAY_OVERLOADED"


@pytest.mark.parametrize(
    ("path", "size"), [("/large", len(LARGE)), ("/stream", len(PIECE))]
)
async def test_one_client_takes_half_of_the_memory_and_is_then_refused(
    path: str, size: int
) -> None:
    async with unread_responses(4 * size) as gateway:
        for count in (1, 2):
            await gateway.request(ATTACKER, path)
            await gateway.until_held(ATTACKER, count * size)

        third = await gateway.request(ATTACKER, path)
        assert_refused(await third.reply())
        assert (await third.ask("/small")).body == b"small"

        if path == "/large":
            bystander = await gateway.connect(BYSTANDER)
            assert (await bystander.ask(path)).body == LARGE
        else:
            bystander = await gateway.request(BYSTANDER, path)
            assert await bystander.reader.readexactly(5 * size)


async def test_some_memory_is_free_for_another_client() -> None:
    async with unread_responses(4 * len(LARGE)) as gateway:
        await gateway.request(ATTACKER, "/large")
        await gateway.until_held(ATTACKER, len(LARGE))
        await gateway.request(OTHER, "/large")
        await gateway.until_held(OTHER, len(LARGE))

        for address in (ATTACKER, OTHER):
            assert_refused(await (await gateway.request(address, "/large")).reply())
        reading = await gateway.connect(BYSTANDER)
        assert (await reading.ask("/large")).body == LARGE


@pytest.mark.parametrize("path", ["/large", "/stream"])
async def test_the_memory_is_given_back_when_the_client_leaves(path: str) -> None:
    async with unread_responses(4 * len(LARGE)) as gateway:
        client = await gateway.request(ATTACKER, path)
        await until(lambda: gateway.memory.used > 0)
        client.close()

        await until(lambda: gateway.memory.used == 0)
        await until(lambda: len(gateway.served.sink.events) == 1)
        (event,) = gateway.served.sink.events
        assert isinstance(event, RequestFinished)
        assert event.error_code == "CLIENT_CLOSED_REQUEST"


async def test_the_memory_is_given_back_when_the_client_has_read() -> None:
    async with unread_responses(4 * len(LARGE)) as gateway:
        client = await gateway.request(ATTACKER, "/large")
        await gateway.until_held(ATTACKER, len(LARGE))
        assert (await client.reply()).body == LARGE

        await until(lambda: gateway.memory.used == 0)
        assert (await client.ask("/large")).body == LARGE
