"""A listener in the test's own process, with an edge and one front behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.front_doubles import Handler, HandlerFront, OneFront, RecordingSink
from tests.support.served_process import Connection, connect
from weir.gateway.clock import SystemClock
from weir.gateway.edge.app import Edge
from weir.gateway.edge.asgi import ASGIApp
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.server.address import Address
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.listener import Listener, bind


@dataclass
class LocalListener:
    """An open listener; `refused` holds the codes of its refusals."""

    listener: Listener
    port: int
    sink: RecordingSink
    refused: list[str] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    async def connect(self) -> Connection:
        connection = await connect(self.port)
        self.connections.append(connection)
        return connection


def edge_of(handler: Handler, sink: RecordingSink, max_body_bytes: int) -> Edge:
    generation = OneFront(HandlerFront(handler))
    options = EdgeOptions(max_body_bytes=max_body_bytes)
    return Edge(lambda: generation, options, sink=sink)


@asynccontextmanager
async def local_listener(
    handler: Handler,
    limits: ConnectionLimits,
    *,
    max_body_bytes: int = 100_000,
    app: ASGIApp | None = None,
) -> AsyncIterator[LocalListener]:
    refused: list[str] = []
    sink = RecordingSink()
    serving = app or edge_of(handler, sink, max_body_bytes)
    listener = Listener(serving, limits, SystemClock(), refused.append)
    bound = bind(Address("127.0.0.1", 0))
    await listener.open(bound)
    served = LocalListener(listener, bound.address.port, sink, refused)
    try:
        yield served
    finally:
        for connection in served.connections:
            connection.close()
        await asyncio.sleep(0.01)
        await listener.close(0)
